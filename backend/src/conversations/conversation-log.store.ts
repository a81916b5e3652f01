import type { ConversationKind, MemberRole, Visibility } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database/database.js';
import { newId } from '../infra/new-id.js';
import type { LogChange, LogChangeRow, Refusals } from './log-change.js';
import { toLogChange } from './log-change.js';

export interface NewConversation {
  readonly kind: ConversationKind;
  readonly creatorId: string;
  /** Without the creator. */
  readonly memberIds: readonly string[];
  readonly visibility: Visibility;
  readonly title: string | null;
  readonly clientConversationId: string | null;
}

/** `undefined`: stays; `null`: cleared. */
export interface ConversationChanges {
  readonly title?: string | null;
  readonly topic?: string | null;
  readonly visibility?: Visibility;
}

const OF_A_DIRECT = 'A direct conversation has exactly its two people and no settings.';

/** Writes to the log of a conversation: one call of a function each, which checks the role under the lock. */
@Injectable()
export class ConversationLogStore {
  constructor(private readonly database: Database) {}

  create(conversation: NewConversation): Promise<LogChange> {
    return this.call(
      'create_conversation($1, $2, $3, $4, $5::uuid[], $6, $7, $8)',
      [
        newId(),
        newId(),
        conversation.kind,
        conversation.creatorId,
        conversation.memberIds,
        conversation.visibility,
        conversation.title,
        conversation.clientConversationId,
      ],
      { peopleField: 'memberIds' },
    );
  }

  addMembers(conversationId: string, actorId: string, userIds: readonly string[]): Promise<LogChange> {
    return this.call('add_members($1, $2, $3, $4::uuid[])', [conversationId, newId(), actorId, userIds], {
      conflict: OF_A_DIRECT,
      peopleField: 'userIds',
    });
  }

  join(conversationId: string, userId: string): Promise<LogChange> {
    return this.call('join_conversation($1, $2, $3)', [conversationId, newId(), userId], {
      conflict: OF_A_DIRECT,
    });
  }

  leave(conversationId: string, userId: string): Promise<LogChange> {
    return this.call('leave_conversation($1, $2, $3)', [conversationId, newId(), userId], {
      conflict: 'The last owner hands over before leaving, and a direct conversation is never left.',
    });
  }

  removeMember(conversationId: string, actorId: string, userId: string): Promise<LogChange> {
    return this.call('remove_member($1, $2, $3, $4)', [conversationId, newId(), actorId, userId], {
      conflict: OF_A_DIRECT,
    });
  }

  changeRole(conversationId: string, actorId: string, userId: string, role: MemberRole): Promise<LogChange> {
    return this.call(
      'change_member_role($1, $2, $3, $4, $5)',
      [conversationId, newId(), actorId, userId, role],
      {
        conflict: 'A conversation keeps at least one owner, and a direct conversation has no roles.',
      },
    );
  }

  change(conversationId: string, actorId: string, changes: ConversationChanges): Promise<LogChange> {
    // Each of the three fields may make a system message of its own.
    const messageIds = [newId(), newId(), newId()];
    return this.call(
      'change_conversation($1, $2::uuid[], $3, $4::jsonb)',
      [conversationId, messageIds, actorId, JSON.stringify(changes)],
      { conflict: 'A direct conversation has no settings, and only a channel has a visibility.' },
    );
  }

  delete(conversationId: string, actorId: string): Promise<LogChange> {
    return this.call('delete_conversation($1, $2)', [conversationId, actorId], { conflict: OF_A_DIRECT });
  }

  private async call(signature: string, values: readonly unknown[], refusals: Refusals): Promise<LogChange> {
    const [row] = await this.database.callInRequest<LogChangeRow>(signature, values);
    return toLogChange(row, refusals);
  }
}
