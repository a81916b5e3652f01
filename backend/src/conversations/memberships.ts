import type { ChangeMembershipInput, Conversation } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { notFound } from '../infra/errors/parley-error.js';
import { AnnounceChange } from './announce-change.js';
import { ConversationStore } from './conversation.store.js';
import { MembershipStore } from './membership.store.js';

/** The caller's own side of a conversation, and the question whether there is one. */
@Injectable()
export class Memberships {
  constructor(
    private readonly store: MembershipStore,
    private readonly conversations: ConversationStore,
    private readonly announce: AnnounceChange,
  ) {}

  /** Throws NOT_FOUND for those who are not members now: strangers and former members see the same. */
  async require(userId: string, conversationId: string): Promise<void> {
    if (!(await this.store.isMember(userId, conversationId))) throw notFound();
  }

  /** How many members there are now; 0 where there is no such conversation. */
  count(conversationId: string): Promise<number> {
    return this.store.count(conversationId);
  }

  /** Mute, pin, archive, notify level, mark as unread: for this person alone, on all of their devices. */
  async change(userId: string, conversationId: string, input: ChangeMembershipInput): Promise<Conversation> {
    if (!(await this.store.change(userId, conversationId, input))) throw notFound();
    this.announce.toReaders([userId], conversationId);
    return this.conversations.readOne(userId, conversationId);
  }
}
