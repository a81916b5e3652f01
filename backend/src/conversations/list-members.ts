import type { MemberPage, PageQuery } from '@parley/protocol';
import { PAGE_LIMIT_DEFAULT } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { ConversationStore } from './conversation.store.js';
import { ID, decodeCursor, encodeCursor } from './cursor.js';
import { Memberships } from './memberships.js';

/** The members of a conversation, to its members. */
@Injectable()
export class ListMembers {
  constructor(
    private readonly memberships: Memberships,
    private readonly store: ConversationStore,
  ) {}

  async execute(userId: string, conversationId: string, query: PageQuery): Promise<MemberPage> {
    await this.memberships.require(userId, conversationId);
    const limit = query.limit ?? PAGE_LIMIT_DEFAULT;
    const [afterUserId] = query.cursor ? decodeCursor('members', query.cursor, [ID]) : [];
    const members = await this.store.members(conversationId, afterUserId ?? null, limit + 1);
    const items = members.slice(0, limit);
    const last = members.length > limit ? items.at(-1) : undefined;
    return { items, nextCursor: last ? encodeCursor('members', last.user.id) : null };
  }
}
