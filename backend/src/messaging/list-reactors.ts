import type { ReactionUsersQuery, UserPage } from '@parley/protocol';
import { PAGE_LIMIT_DEFAULT } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { ID, TIME, decodeCursor, encodeCursor } from '../conversations/cursor.js';
import { notFound } from '../infra/errors/parley-error.js';
import { HistoryStore } from './history.store.js';

/** Who reacted to a message with one emoji. */
@Injectable()
export class ListReactors {
  constructor(private readonly store: HistoryStore) {}

  async execute(readerId: string, messageId: string, query: ReactionUsersQuery): Promise<UserPage> {
    const [createdAt, userId] = query.cursor ? decodeCursor('reactors', query.cursor, [TIME, ID]) : [];
    const after = createdAt !== undefined && userId !== undefined ? { createdAt, userId } : null;
    const people = await this.store.reactors(readerId, messageId, query.emoji, after, PAGE_LIMIT_DEFAULT + 1);
    if (!people) throw notFound();
    const shown = people.slice(0, PAGE_LIMIT_DEFAULT);
    const last = people.length > PAGE_LIMIT_DEFAULT ? shown.at(-1)?.position : undefined;
    return {
      items: shown.map(({ user }) => user),
      nextCursor: last ? encodeCursor('reactors', last.createdAt, last.userId) : null,
    };
  }
}
