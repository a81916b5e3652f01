import type { FindUsersQuery, User } from '@parley/protocol';
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { invalidField, notFound } from '../infra/errors/parley-error.js';
import { toUser } from './user.view.js';
import { UsersStore } from './users.store.js';

/** People by a part of their name, or by id; in alphabetical order. Unknown ids are left out. */
@Injectable()
export class FindUsers {
  constructor(private readonly store: UsersStore) {}

  async execute({ query, ids, limit }: FindUsersQuery): Promise<User[]> {
    if (ids !== undefined && query !== undefined) {
      throw invalidField('ids', 'can not be combined with query');
    }
    const rows = ids
      ? await this.store.findMany(ids, limit ?? PAGE_LIMIT_MAX)
      : await this.store.search(query ?? '', limit ?? PAGE_LIMIT_DEFAULT);
    return rows.map(toUser);
  }

  async one(id: string): Promise<User> {
    const row = await this.store.find(id);
    if (!row) throw notFound();
    return toUser(row);
  }
}
