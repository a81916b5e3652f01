import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { ConversationStore } from '../conversations/conversation.store.js';
import { Logger } from '../infra/logger/logger.js';
import { Metrics } from '../infra/metrics/metrics.js';
import type { Periodic } from '../infra/periodic/periodically.js';
import { periodically } from '../infra/periodic/periodically.js';
import { BusTrust } from '../realtime/bus-trust.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import { Publisher } from '../realtime/publisher.js';
import { OwnSideStore } from './own-side.store.js';
import type { OwnSide } from './own-side.store.js';

/** G7: devices agree within 5 s. Noticing takes up to 2.5 s, and a sweep may have just ended. */
const SWEEP_INTERVAL_MS = 1_500;
/** Costs nothing while the bus is trusted. */
const LOOK_INTERVAL_MS = 250;
/** A sweep looks back over what is in doubt by this much: longer than any transaction may run (3 s). */
const OVERLAP_MS = 10_000;
const PEOPLE_AT_ONCE = 500;

/**
 * Tells people on this instance how their own side stands, while the bus can not be trusted to: a pointer that
 * another device moved, a mark or a setting. These have no number by which a device would notice that it missed one.
 */
@Injectable()
export class OwnSideSweep implements OnApplicationBootstrap, OnApplicationShutdown {
  private periodic: Periodic | undefined;
  private sweptAt = -Infinity;
  /** The versions told since the doubt began, so that sweeps that overlap do not repeat each other. */
  private readonly told = new Map<string, string>();

  constructor(
    private readonly store: OwnSideStore,
    private readonly conversations: ConversationStore,
    private readonly bus: BusTrust,
    private readonly sockets: LocalSockets,
    private readonly publisher: Publisher,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const options = { name: 'The sweep of own sides', everyMs: LOOK_INTERVAL_MS, logger: this.logger };
    this.periodic = periodically(options, () => this.look());
  }

  /** After the drain: until then pointers move. */
  async onApplicationShutdown(): Promise<void> {
    await this.periodic?.stop();
  }

  private async look(): Promise<void> {
    if (!this.bus.isDoubted) {
      this.told.clear();
      return;
    }
    if (performance.now() - this.sweptAt < SWEEP_INTERVAL_MS) return;
    this.sweptAt = performance.now();
    await this.bus.check((doubtedMs) => this.sweep(doubtedMs));
  }

  private async sweep(doubtedMs: () => number): Promise<void> {
    const here = this.sockets.userIds();
    for (let start = 0; start < here.length; start += PEOPLE_AT_ONCE) {
      const people = here.slice(start, start + PEOPLE_AT_ONCE);
      const moved = await this.store.movedWithin(doubtedMs() + OVERLAP_MS, people);
      const news = moved.filter((side) => this.told.get(keyOf(side)) !== side.version);
      this.metrics.delivery.sweepRepairs.inc({ sweep: 'own_side' }, news.length);
      for (const { userId, conversationId, readSeq, deliveredSeq } of news) {
        const receipts = [{ userId, readSeq, deliveredSeq }];
        this.publisher.toLocalUser(userId, 'receipts', { conversationId, receipts });
      }
      await this.tellSettings(news.filter(({ hasNewSettings }) => hasNewSettings));
      for (const side of news) this.told.set(keyOf(side), side.version);
    }
  }

  private async tellSettings(changed: readonly OwnSide[]): Promise<void> {
    const readers = new Map<string, string[]>();
    for (const { userId, conversationId } of changed) {
      readers.set(conversationId, [...(readers.get(conversationId) ?? []), userId]);
    }
    for (const [conversationId, readerIds] of readers) {
      for (const { readerId, conversation } of await this.conversations.viewsOf(readerIds, conversationId)) {
        this.publisher.toLocalUser(readerId, 'conversation', { conversation });
      }
    }
  }
}

function keyOf({ userId, conversationId }: OwnSide): string {
  return `${userId} ${conversationId}`;
}
