import type { Conversation } from '@parley/protocol';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { SweepClock } from '../infra/database/sweep-clock.js';
import { Logger } from '../infra/logger/logger.js';
import { Metrics } from '../infra/metrics/metrics.js';
import type { Periodic } from '../infra/periodic/periodically.js';
import { periodically } from '../infra/periodic/periodically.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import { Publisher } from '../realtime/publisher.js';
import { RECONCILE_INTERVAL_MS } from '../realtime/socket-limits.js';
import { ConversationStore } from './conversation.store.js';
import type { MovedMembership } from './membership.store.js';
import { MembershipStore } from './membership.store.js';

/** A sweep looks back by this much over what was settled: longer than a transaction may run before it writes (3 s). */
const OVERLAP_MS = 10_000;

/**
 * Makes the sockets of this instance join and leave by what PostgreSQL says, and tells them. The bus does it sooner;
 * this does it also with Redis down, and for what the bus lost. Rows of memberships are kept for ever, so a sweep
 * after any pause still finds everything that began or ended meanwhile.
 */
@Injectable()
export class MembershipSweep implements OnApplicationBootstrap, OnApplicationShutdown {
  private periodic: Periodic | undefined;
  /** Up to where the last successful sweep saw everything. */
  private sweptTo: Date | undefined;
  /** The memberships within the window of the last sweep that were told. */
  private told: ReadonlySet<string> = new Set();

  constructor(
    private readonly clock: SweepClock,
    private readonly memberships: MembershipStore,
    private readonly conversations: ConversationStore,
    private readonly sockets: LocalSockets,
    private readonly publisher: Publisher,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const options = { name: 'The sweep of memberships', everyMs: RECONCILE_INTERVAL_MS, logger: this.logger };
    this.periodic = periodically(options, () => this.sweep());
  }

  /** After the drain: until then somebody may be removed. */
  async onApplicationShutdown(): Promise<void> {
    await this.periodic?.stop();
  }

  private async sweep(): Promise<void> {
    const { settledTo } = await this.clock.start();
    // Sockets read their memberships when they connect: before the first sweep there is nothing to look back to.
    const since = new Date((this.sweptTo ?? settledTo).getTime() - OVERLAP_MS);
    const here = new Set(this.sockets.userIds());
    if (here.size > 0) {
      const moved = (await this.memberships.movedSince(since)).filter(({ userId }) => here.has(userId));
      const began = moved.filter(({ leftRev }) => leftRev === null);
      for (const membership of moved) if (membership.leftRev !== null) this.leave(membership);
      await this.tell(
        began.filter((membership) => this.join(membership) || !this.told.has(keyOf(membership))),
      );
      // What lies behind the window is not seen again, and need not be remembered.
      this.told = new Set(began.map(keyOf));
    }
    this.sweptTo = settledTo;
  }

  private leave({ userId, conversationId, leftRev }: MovedMembership): void {
    if (leftRev === null || !this.sockets.conversationIdsOf(userId).includes(conversationId)) return;
    this.metrics.delivery.sweepRepairs.inc({ sweep: 'membership_ended' });
    this.sockets.leaveUser(userId, conversationId);
    this.publisher.toLocalUser(userId, 'conversation:removed', { conversationId, rev: leftRev });
  }

  /** All sockets, should one have missed it. Whether this was news here. */
  private join({ userId, conversationId }: MovedMembership): boolean {
    const isJoined = this.sockets.conversationIdsOf(userId).includes(conversationId);
    if (!isJoined) this.metrics.delivery.sweepRepairs.inc({ sweep: 'membership_began' });
    this.sockets.joinUser(userId, conversationId);
    return !isJoined;
  }

  /**
   * The conversation, to people whose membership began: after they joined, so that nothing falls between the two. Those
   * whose sockets were joined by the bus too, once: the word that joins and the one that tells are two, and the instance
   * that sends them may die in between.
   */
  private async tell(began: readonly MovedMembership[]): Promise<void> {
    const byConversation = new Map<string, string[]>();
    for (const { userId, conversationId } of began) {
      byConversation.set(conversationId, [...(byConversation.get(conversationId) ?? []), userId]);
    }
    for (const [conversationId, userIds] of byConversation) {
      const views = new Map(
        (await this.conversations.viewsOf(userIds, conversationId)).map((view) => [view.readerId, view]),
      );
      for (const userId of userIds) {
        const view = views.get(userId);
        if (view) this.tellOne(userId, view.conversation);
        // It ended while it was read; the next sweep would find it, this one need not leave the door open.
        else this.sockets.leaveUser(userId, conversationId);
      }
    }
  }

  /** The head too: a window that was loaded before the sockets joined lacks what was written in between. */
  private tellOne(userId: string, conversation: Conversation): void {
    this.publisher.toLocalUser(userId, 'conversation', { conversation });
    this.publisher.toLocalUser(userId, 'heads', { heads: { [conversation.id]: conversation.lastRev } });
  }
}

function keyOf({ userId, conversationId, joinedRev }: MovedMembership): string {
  return `${userId} ${conversationId} ${String(joinedRev)}`;
}
