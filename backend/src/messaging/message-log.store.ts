import { Injectable } from '@nestjs/common';
import type { LogChange, LogChangeRow, Refusals } from '../conversations/log-change.js';
import { toLogChange } from '../conversations/log-change.js';
import { Database } from '../infra/database/database.js';
import { clampedPosition } from './clamped-position.js';
import type { MentionedNames } from './find-mentions.js';

/** Changes of messages that are in the log: one call of a function each, which checks the role under the lock. */
@Injectable()
export class MessageLogStore {
  constructor(private readonly database: Database) {}

  edit(
    messageId: string,
    actorId: string,
    text: string,
    ifRev: number | null,
    { names, everyone }: MentionedNames,
  ): Promise<LogChange> {
    return this.call(
      'edit_message($1, $2, $3, $4, $5, $6)',
      [messageId, actorId, text, clampedPosition(ifRev), names.length > 0 ? names.join(',') : null, everyone],
      {
        forbidden: 'Only what you wrote yourself can be edited.',
        conflict: 'The message was changed or deleted meanwhile.',
      },
    );
  }

  delete(messageId: string, actorId: string): Promise<LogChange> {
    return this.call('delete_message($1, $2)', [messageId, actorId], {
      forbidden: 'Only the author and the admins of the conversation can delete this.',
    });
  }

  react(messageId: string, actorId: string, emoji: string, on: boolean): Promise<LogChange> {
    return this.call('set_reaction($1, $2, $3, $4)', [messageId, actorId, emoji, on], {
      conflict: 'The message is deleted, is a system message, or has too many different emoji.',
    });
  }

  pin(messageId: string, actorId: string, on: boolean): Promise<LogChange> {
    return this.call('set_pin($1, $2, $3)', [messageId, actorId, on], {
      forbidden: 'Only admins of the conversation can pin.',
      conflict: 'A deleted message or a system message can not be pinned.',
    });
  }

  private async call(signature: string, values: readonly unknown[], refusals: Refusals): Promise<LogChange> {
    const [row] = await this.database.callInRequest<LogChangeRow>(signature, values);
    return toLogChange(row, refusals);
  }
}
