import { Injectable } from '@nestjs/common';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { withDeadline } from '../infra/errors/with-deadline.js';
import { Logger } from '../infra/logger/logger.js';
import { ConnectionSources } from './connection-sources.js';
import { LocalSockets } from './local-sockets.js';

/** As long as a write may take. What could not be read by then is left to the sweep of memberships. */
const READ_WITHIN_MS = 2_000;

/**
 * Settles by PostgreSQL what is said of somebody coming or going. Words about one membership reach an instance by
 * several ways, and one that a slow Redis held back may be older than what has long been applied: taken as it is, a
 * removal of yesterday would keep a member of today out of the room, and nothing would ever tell them.
 */
@Injectable()
export class MembershipMoves {
  /** By conversation, whose memberships are to be read; those of one that is being read wait for the next reading. */
  private readonly waiting = new Map<string, Set<string>>();

  constructor(
    private readonly sources: ConnectionSources,
    private readonly sockets: LocalSockets,
    private readonly logger: Logger,
  ) {}

  /** The person's sockets here are joined at once, so that nothing falls between, and leave if it is not true. */
  came(userId: string, conversationId: string): void {
    if (!this.sockets.isConnected(userId)) return;
    this.sockets.joinUser(userId, conversationId);
    this.settle(userId, conversationId);
  }

  /** The person's sockets here leave if it is true. Numbered frames wait for that in `MembershipGate`. */
  went(userId: string, conversationId: string): void {
    if (this.sockets.isConnected(userId)) this.settle(userId, conversationId);
  }

  private settle(userId: string, conversationId: string): void {
    const waiting = this.waiting.get(conversationId);
    if (waiting) {
      waiting.add(userId);
      return;
    }
    this.waiting.set(conversationId, new Set([userId]));
    this.readAll(conversationId)
      .catch((error: unknown) => {
        this.logger.failure('Memberships could not be read', error, { conversationId }, 'warn');
      })
      .finally(() => this.waiting.delete(conversationId));
  }

  private async readAll(conversationId: string): Promise<void> {
    // Words that come together (a conversation is deleted) are read together.
    await nextTurn();
    for (let userIds = this.take(conversationId); userIds.length > 0; userIds = this.take(conversationId)) {
      const reading = this.sources.members(conversationId, userIds);
      const { memberIds } = await withDeadline(reading, READ_WITHIN_MS, 'reading memberships');
      for (const userId of userIds) {
        // A later word came meanwhile: this reading may be older than what it says.
        if (memberIds.has(userId) || this.waiting.get(conversationId)?.has(userId) === true) continue;
        this.sockets.leaveUser(userId, conversationId);
      }
    }
  }

  private take(conversationId: string): string[] {
    const userIds = [...(this.waiting.get(conversationId) ?? [])];
    this.waiting.set(conversationId, new Set());
    return userIds;
  }
}
