import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { SweepClock } from '../infra/database/sweep-clock.js';
import { Logger } from '../infra/logger/logger.js';
import { Metrics } from '../infra/metrics/metrics.js';
import type { Periodic } from '../infra/periodic/periodically.js';
import { periodically } from '../infra/periodic/periodically.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import { RECONCILE_INTERVAL_MS } from '../realtime/socket-limits.js';
import type { EndedSession } from './auth.store.js';
import { AuthStore } from './auth.store.js';

/** A sweep looks back by this much over what was settled: longer than a transaction may run before it writes (3 s). */
const OVERLAP_MS = 10_000;
const CHECKED_AT_ONCE = 1_000;
const NAME = 'The sweep of ended sessions';

/**
 * Closes the sockets of ended sessions, read from PostgreSQL. The bus does it sooner; this does it also with
 * Redis down, and for what the bus lost.
 */
@Injectable()
export class SessionSweep implements OnApplicationBootstrap, OnApplicationShutdown {
  private periodic: Periodic | undefined;
  /** Up to where the last successful sweep saw everything. */
  private sweptTo: Date | undefined;

  constructor(
    private readonly clock: SweepClock,
    private readonly store: AuthStore,
    private readonly sockets: LocalSockets,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const options = {
      name: NAME,
      everyMs: RECONCILE_INTERVAL_MS,
      logger: this.logger,
    };
    this.periodic = periodically(options, () => this.sweep());
  }

  /** After the drain: until then a session may end. */
  async onApplicationShutdown(): Promise<void> {
    await this.periodic?.stop();
  }

  private async sweep(): Promise<void> {
    const { now, settledTo } = await this.clock.start();
    const held = this.sockets.sessionIds();
    if (held.length > 0) {
      const since = this.sweptTo;
      const ended =
        since === undefined || this.clock.isLongPause(NAME, since, now)
          ? await this.endedAmong(held)
          : await this.store.sessionsEndedSince(new Date(since.getTime() - OVERLAP_MS));
      const here = new Set(held);
      for (const { id, reason } of ended) {
        if (!here.has(id)) continue;
        this.metrics.delivery.sweepRepairs.inc({ sweep: 'session_ended' });
        this.sockets.endSession(id, reason);
      }
    }
    this.sweptTo = settledTo;
  }

  private async endedAmong(held: readonly string[]): Promise<EndedSession[]> {
    const ended: EndedSession[] = [];
    for (let start = 0; start < held.length; start += CHECKED_AT_ONCE) {
      ended.push(...(await this.store.sessionsEndedAmong(held.slice(start, start + CHECKED_AT_ONCE))));
    }
    return ended;
  }
}
