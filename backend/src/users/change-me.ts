import type { ChangeMeInput, Me } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { ParleyError, notFound } from '../infra/errors/parley-error.js';
import { UserChanges } from './user-changes.js';
import { toMe, toUser } from './user.view.js';
import { UsersStore } from './users.store.js';

/** Reads and changes the caller's own account. */
@Injectable()
export class ChangeMe {
  constructor(
    private readonly store: UsersStore,
    private readonly changes: UserChanges,
  ) {}

  async read(userId: string): Promise<Me> {
    const row = await this.store.find(userId);
    if (!row) throw notFound();
    return toMe(row);
  }

  /** Throws CONFLICT where the e-mail address is another's, NOT_FOUND for an avatar that is not there. */
  async execute(userId: string, input: ChangeMeInput): Promise<Me> {
    if (typeof input.avatarAttachmentId === 'string') {
      // Files are not served yet: there is no attachment that could be meant.
      throw new ParleyError('NOT_FOUND', 'There is no such attachment.', {
        fields: [{ path: 'avatarAttachmentId', message: 'is not there' }],
      });
    }
    const changed = await this.store.change(userId, {
      // A display name can not be cleared; null means absent, as everywhere.
      displayName: input.displayName ?? null,
      email: input.email,
    });
    if (changed === 'email-taken') {
      throw new ParleyError('CONFLICT', 'This e-mail address is taken.', {
        fields: [{ path: 'email', message: 'is taken' }],
      });
    }
    if (!changed) throw notFound();
    if (changed.nameChanged) this.changes.announce(toUser(changed.row));
    return toMe(changed.row);
  }
}
