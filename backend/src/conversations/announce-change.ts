import type { Reacted } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Logger } from '../infra/logger/logger.js';
import { BusTrust } from '../realtime/bus-trust.js';
import { Publisher } from '../realtime/publisher.js';
import { ConversationStore } from './conversation.store.js';
import type { LogChange } from './log-change.js';

/**
 * Tells the people concerned what was committed. Nothing here can fail a request: the change is stored, and what
 * does not arrive is repaired from PostgreSQL.
 */
@Injectable()
export class AnnounceChange {
  constructor(
    private readonly publisher: Publisher,
    private readonly store: ConversationStore,
    private readonly bus: BusTrust,
    private readonly logger: Logger,
  ) {}

  /** The revs that were taken, to all members. */
  changes(change: LogChange, reacted: Reacted[] = []): void {
    if (change.toRev === change.fromRev) return;
    this.publisher.changes(change.membersRev, {
      conversationId: change.conversationId,
      fromRev: change.fromRev,
      toRev: change.toRev,
      messages: change.messages,
      ...(reacted.length > 0 ? { reacted } : {}),
    });
  }

  /** Memberships began. Sockets join before the conversation is read, so nothing falls between the two. */
  joined(change: LogChange): void {
    this.changes(change);
    for (const userId of change.userIds) this.publisher.addUserToConversation(userId, change.conversationId);
    this.toReaders(change.userIds, change.conversationId);
  }

  /** Memberships ended. Those who went leave the room before anything later is published to it. */
  removed(change: LogChange): void {
    const { conversationId, toRev: rev } = change;
    for (const userId of change.userIds) {
      this.publisher.removeUserFromConversation(userId, conversationId);
      this.publisher.toUser(userId, 'conversation:removed', { conversationId, rev });
    }
    this.changes(change);
  }

  /** The conversation as each of them sees it, to all of their sockets. */
  toReaders(readerIds: readonly string[], conversationId: string): void {
    this.store.viewsOf(readerIds, conversationId).then(
      (views) => {
        for (const { readerId, conversation } of views) {
          this.publisher.toMember(readerId, conversationId, 'conversation', { conversation });
        }
      },
      (error: unknown) => {
        this.bus.missed();
        this.logger.failure('A conversation could not be announced', error, { conversationId }, 'warn');
      },
    );
  }
}
