import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Logger } from '../infra/logger/logger.js';
import type { Periodic } from '../infra/periodic/periodically.js';
import { periodically } from '../infra/periodic/periodically.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import { Publisher } from '../realtime/publisher.js';
import { RECONCILE_INTERVAL_MS } from '../realtime/socket-limits.js';
import { ConversationStore } from './conversation.store.js';
import type { MovedMembership } from './membership.store.js';
import { MembershipStore } from './membership.store.js';

/** A sweep looks back over the start of the last one by this much: longer than any transaction may run (3 s). */
const OVERLAP_MS = 10_000;

/**
 * Makes the sockets of this instance join and leave by what PostgreSQL says, and tells them. The bus does it sooner;
 * this does it also with Redis down, and for what the bus lost. Rows of memberships are kept for ever, so a sweep
 * after any pause still finds everything that began or ended meanwhile.
 */
@Injectable()
export class MembershipSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private periodic: Periodic | undefined;
  /** When the last successful sweep began, by the clock of PostgreSQL. */
  private sweptTo: Date | undefined;

  constructor(
    private readonly memberships: MembershipStore,
    private readonly conversations: ConversationStore,
    private readonly sockets: LocalSockets,
    private readonly publisher: Publisher,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const options = { name: 'The sweep of memberships', everyMs: RECONCILE_INTERVAL_MS, logger: this.logger };
    this.periodic = periodically(options, () => this.sweep());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic?.stop();
  }

  private async sweep(): Promise<void> {
    const now = await this.memberships.now();
    // Sockets read their memberships when they connect: before the first sweep there is nothing to look back to.
    const since = new Date((this.sweptTo ?? now).getTime() - OVERLAP_MS);
    const here = new Set(this.sockets.userIds());
    if (here.size > 0) {
      const moved = await this.memberships.movedSince(since);
      for (const membership of moved) {
        if (here.has(membership.userId)) await this.reconcile(membership);
      }
    }
    this.sweptTo = now;
  }

  private async reconcile({ userId, conversationId, leftRev }: MovedMembership): Promise<void> {
    const isJoined = this.sockets.conversationIdsOf(userId).includes(conversationId);
    if (leftRev !== null) {
      if (!isJoined) return;
      this.sockets.leaveUser(userId, conversationId);
      this.publisher.toLocalUser(userId, 'conversation:removed', { conversationId, rev: leftRev });
      return;
    }
    // Joined before it is read, so that nothing falls between the two; and all sockets, should one have missed it.
    this.sockets.joinUser(userId, conversationId);
    if (isJoined) return;
    const [view] = await this.conversations.viewsOf([userId], conversationId);
    if (view) this.publisher.toLocalUser(userId, 'conversation', { conversation: view.conversation });
    // It ended while it was read; the next sweep would find it, this one need not leave the door open.
    else this.sockets.leaveUser(userId, conversationId);
  }
}
