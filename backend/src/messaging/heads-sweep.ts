import type { Message } from '@parley/protocol';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { SweepClock } from '../infra/database/sweep-clock.js';
import { Logger } from '../infra/logger/logger.js';
import { Metrics } from '../infra/metrics/metrics.js';
import type { Periodic } from '../infra/periodic/periodically.js';
import { periodically } from '../infra/periodic/periodically.js';
import { Arrivals } from '../realtime/arrivals.js';
import { DeliveredFrames } from '../realtime/delivered-frames.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import { Publisher } from '../realtime/publisher.js';
import { HEADS_INTERVAL_MS } from '../realtime/socket-limits.js';
import { contiguousPieces } from './contiguous-pieces.js';
import type { RevRange } from './delivered-revs.js';
import { DeliveredRevs, joinedRanges, revsIn } from './delivered-revs.js';
import { HeadsStore } from './heads.store.js';

/** A sweep looks back by this much over what was settled: longer than a transaction may run before it writes (3 s). */
const OVERLAP_MS = 10_000;
/** What was committed this recently is likely on its way over the bus: the next sweep looks at it. */
const IN_FLIGHT_MS = 1_000;
/** Above this, members are told the head and fetch by themselves, each only what it lacks. */
const REPAIRED_REVS_MAX = 200;
/** The same for bytes: a quarter of what may wait for a socket before it is cut as one that does not read. */
const REPAIRED_BYTES_MAX = 256 * 1024;
/** Between two holes: telling so many messages again costs less than three more queries. */
const TOLD_AGAIN_REVS_MAX = 8;
/** Of the check of every conversation held. */
const CHECKED_AT_ONCE = 1_000;
const NAME = 'The sweep of heads';

/**
 * The live position check: compares what this instance has itself delivered to its rooms with what PostgreSQL
 * says was written, and delivers what is missing to its own sockets. So a hole that the bus left (it is at most
 * once, and cuts slow subscribers in silence) is closed without a reconnect, and with Redis down.
 */
@Injectable()
export class HeadsSweep implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly delivered = new Map<string, DeliveredRevs>();
  private periodic: Periodic | undefined;
  /** Up to where the last successful sweep saw everything. */
  private sweptTo: Date | undefined;

  constructor(
    private readonly clock: SweepClock,
    private readonly store: HeadsStore,
    private readonly frames: DeliveredFrames,
    private readonly sockets: LocalSockets,
    private readonly publisher: Publisher,
    private readonly arrivals: Arrivals,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.frames.observe(({ conversationId, fromRev, toRev }) => {
      if (this.sockets.holdsConversation(conversationId)) {
        this.note(conversationId, { from: fromRev, to: toRev });
      }
    });
    const options = { name: NAME, everyMs: HEADS_INTERVAL_MS, logger: this.logger };
    this.periodic = periodically(options, () => this.sweep());
  }

  /** After the drain: its sockets are repaired to the end. */
  async onApplicationShutdown(): Promise<void> {
    await this.periodic?.stop();
  }

  private async sweep(): Promise<void> {
    const { now, settledTo } = await this.clock.start();
    const start = this.sweptTo ?? settledTo;
    this.forgetRoomsLeft();
    if (this.sockets.count() > 0) {
      const since = new Date(start.getTime() - OVERLAP_MS);
      if (this.clock.isLongPause(NAME, start, now)) await this.checkAll(since);
      else await this.checkMoved(since, new Date(now.getTime() - IN_FLIGHT_MS));
    }
    this.sweptTo = settledTo;
  }

  private async checkMoved(since: Date, until: Date): Promise<void> {
    for (const { conversationId, ...range } of await this.store.moved(since, until)) {
      if (this.sockets.holdsConversation(conversationId)) await this.repair(conversationId, range, since);
    }
  }

  private async checkAll(since: Date): Promise<void> {
    const held = this.sockets.conversationIds();
    for (let start = 0; start < held.length; start += CHECKED_AT_ONCE) {
      for (const { conversationId, rev } of await this.store.heads(
        held.slice(start, start + CHECKED_AT_ONCE),
      )) {
        const from = this.delivered.get(conversationId)?.contiguousTo ?? 0;
        await this.repair(conversationId, { from, to: rev }, since);
      }
    }
  }

  /**
   * Where nothing is known to be delivered yet, the members may get again what they have: they drop it by its rev.
   * A frame counts once it was written to the sockets: one that the membership gate withholds is tried by the next sweep.
   */
  private async repair(conversationId: string, range: RevRange, since: Date): Promise<void> {
    const delivered = this.delivered.get(conversationId);
    const missingOf = (part: RevRange): RevRange[] => delivered?.missing(part) ?? [part];
    const missing = missingOf(range);
    const count = revsIn(missing);
    if (count === 0) return;
    if (count > REPAIRED_REVS_MAX) {
      this.count('heads', count);
      this.tellHead(conversationId, range);
      return;
    }
    // Below what was delivered here first, nobody in the room missed it: they synced when they joined.
    const first = delivered?.first ?? Number.POSITIVE_INFINITY;
    const below = missing.filter(({ to }) => to <= first);
    const holes = [below, missing.slice(below.length)].flatMap((part) =>
      joinedRanges(part, TOLD_AGAIN_REVS_MAX),
    );
    let bytesLeft = REPAIRED_BYTES_MAX;
    for (const hole of holes) {
      const isAnew = hole.to <= first;
      const changes = await this.store.changes(conversationId, hole, since);
      // What is only told again arrived when it was told first.
      if (!isAnew)
        this.noteArrivals(changes.filter(({ rev }) => missingOf({ from: rev - 1, to: rev }).length > 0));
      // Read after the messages: every removal that any of them came after is counted.
      const membersRev = await this.store.membersRev(conversationId);
      for (const { fromRev, toRev, messages, bytes } of contiguousPieces(hole.from, hole.to, changes)) {
        bytesLeft -= bytes;
        if (bytesLeft < 0) {
          this.count('heads', range.to - fromRev);
          this.tellHead(conversationId, range);
          return;
        }
        this.count(isAnew ? 'anew' : 'frame', revsIn(missingOf({ from: fromRev, to: toRev })));
        this.publisher.changesLocally(membersRev, { conversationId, fromRev, toRev, messages });
      }
    }
  }

  /** Each member fetches what it lacks; nothing more is repaired here. */
  private tellHead(conversationId: string, range: RevRange): void {
    this.publisher.toLocalConversation(conversationId, 'heads', { heads: { [conversationId]: range.to } });
    this.note(conversationId, range);
  }

  /** Of what was sent and not changed since: the hole may be of a change, long after. */
  private noteArrivals(messages: readonly Message[]): void {
    for (const message of messages) {
      const { editedAt, deletedAt, pinnedAt, reactions, threadReplies, createdAt } = message;
      const isChanged = (editedAt ?? deletedAt ?? pinnedAt) !== null || reactions.length + threadReplies > 0;
      if (!isChanged) this.arrivals.note(message, Date.parse(createdAt));
    }
  }

  private count(how: 'frame' | 'heads' | 'anew', revs: number): void {
    this.metrics.delivery.holesRepaired.inc({ how }, revs);
  }

  private note(conversationId: string, range: RevRange): void {
    const revs = this.delivered.get(conversationId) ?? new DeliveredRevs();
    revs.add(range);
    this.delivered.set(conversationId, revs);
  }

  private forgetRoomsLeft(): void {
    for (const conversationId of this.delivered.keys()) {
      if (!this.sockets.holdsConversation(conversationId)) this.delivered.delete(conversationId);
    }
  }
}
