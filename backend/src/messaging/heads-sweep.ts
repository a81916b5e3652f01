import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { SweepClock } from '../infra/database/sweep-clock.js';
import { Logger } from '../infra/logger/logger.js';
import type { Periodic } from '../infra/periodic/periodically.js';
import { periodically } from '../infra/periodic/periodically.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import { HEADS_INTERVAL_MS } from '../realtime/socket-limits.js';
import { DeliveredLog } from './delivered-log.js';
import { HeadsStore } from './heads.store.js';
import { RepairRoom } from './repair-room.js';

/** A sweep looks back by this much over what was settled: longer than a transaction may run before it writes (3 s). */
const OVERLAP_MS = 10_000;
/** What was committed this recently is likely on its way over the bus: the next sweep looks at it. */
const IN_FLIGHT_MS = 1_000;
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
  private periodic: Periodic | undefined;
  /** Up to where the last successful sweep saw everything. */
  private sweptTo: Date | undefined;

  constructor(
    private readonly clock: SweepClock,
    private readonly store: HeadsStore,
    private readonly delivered: DeliveredLog,
    private readonly repairRoom: RepairRoom,
    private readonly sockets: LocalSockets,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const options = { name: NAME, everyMs: HEADS_INTERVAL_MS, logger: this.logger };
    this.periodic = periodically(options, () => this.sweep());
  }

  /** After the drain: its sockets are repaired to the end. */
  async onApplicationShutdown(): Promise<void> {
    await this.periodic?.stop();
  }

  /** Everything written before this, by the clock of PostgreSQL, was looked at; `undefined` before the first sweep. */
  get sawAllUntil(): Date | undefined {
    return this.sweptTo && lookedBackFrom(this.sweptTo);
  }

  private async sweep(): Promise<void> {
    const { now, settledTo } = await this.clock.start();
    const start = this.sweptTo ?? settledTo;
    this.delivered.forgetRoomsLeft();
    if (this.sockets.count() > 0) {
      const since = lookedBackFrom(start);
      if (this.clock.isLongPause(NAME, start, now)) await this.checkAll(since);
      else await this.checkMoved(since, new Date(now.getTime() - IN_FLIGHT_MS));
    }
    this.sweptTo = settledTo;
  }

  private async checkMoved(since: Date, until: Date): Promise<void> {
    for (const { conversationId, ...range } of await this.store.moved(since, until)) {
      if (this.sockets.holdsConversation(conversationId))
        await this.repairRoom.execute(conversationId, range, since);
    }
  }

  private async checkAll(since: Date): Promise<void> {
    const held = this.sockets.conversationIds();
    for (let start = 0; start < held.length; start += CHECKED_AT_ONCE) {
      for (const { conversationId, rev } of await this.store.heads(
        held.slice(start, start + CHECKED_AT_ONCE),
      )) {
        const from = this.delivered.of(conversationId)?.contiguousTo ?? 0;
        await this.repairRoom.execute(conversationId, { from, to: rev }, since);
      }
    }
  }
}

function lookedBackFrom(time: Date): Date {
  return new Date(time.getTime() - OVERLAP_MS);
}
