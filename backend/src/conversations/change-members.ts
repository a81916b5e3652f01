import type { Conversation, Member, MemberRole } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { notFound } from '../infra/errors/parley-error.js';
import { RateLimits } from '../infra/rate-limits/rate-limits.js';
import { AnnounceChange } from './announce-change.js';
import { ConversationLogStore } from './conversation-log.store.js';
import { ConversationStore } from './conversation.store.js';

/** Who is in a conversation, and with which role. The rules are checked under the conversation's lock. */
@Injectable()
export class ChangeMembers {
  constructor(
    private readonly limits: RateLimits,
    private readonly log: ConversationLogStore,
    private readonly store: ConversationStore,
    private readonly announce: AnnounceChange,
  ) {}

  /** Answers the people named, whether they were members before or not. */
  async add(userId: string, conversationId: string, userIds: readonly string[]): Promise<Member[]> {
    const people = [...new Set(userIds)];
    await this.limits.consume('joinsPerHour', userId, people.length);
    const change = await this.log.addMembers(conversationId, userId, people);
    this.announce.joined(change);
    return this.store.membersAmong(conversationId, people);
  }

  async join(userId: string, conversationId: string): Promise<Conversation> {
    await this.limits.consume('joinsPerHour', userId);
    const change = await this.log.join(conversationId, userId);
    this.announce.joined(change);
    return this.store.readOne(userId, conversationId);
  }

  async leave(userId: string, conversationId: string): Promise<void> {
    this.announce.removed(await this.log.leave(conversationId, userId));
  }

  /** Removing oneself is leaving, and has its rules. */
  async remove(userId: string, conversationId: string, memberId: string): Promise<void> {
    if (memberId === userId) {
      await this.leave(userId, conversationId);
      return;
    }
    this.announce.removed(await this.log.removeMember(conversationId, userId, memberId));
  }

  async changeRole(
    userId: string,
    conversationId: string,
    memberId: string,
    role: MemberRole,
  ): Promise<Member> {
    const change = await this.log.changeRole(conversationId, userId, memberId, role);
    this.announce.changes(change);
    // What they may do is part of their own side of the conversation.
    if (change.status === 'changed') this.announce.toReaders([memberId], conversationId);
    const [member] = await this.store.membersAmong(conversationId, [memberId]);
    if (!member) throw notFound();
    return member;
  }
}
