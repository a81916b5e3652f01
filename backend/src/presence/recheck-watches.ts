import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { SweepClock } from '../infra/database/sweep-clock.js';
import { Logger } from '../infra/logger/logger.js';
import type { Periodic } from '../infra/periodic/periodically.js';
import { periodically } from '../infra/periodic/periodically.js';
import { RECONCILE_INTERVAL_MS } from '../realtime/socket-limits.js';
import type { Pair } from './acquaintance.store.js';
import { AcquaintanceStore } from './acquaintance.store.js';
import { WatchTable } from './watch-table.js';

/** A sweep looks back by this much over what was settled: longer than a watch takes that read memberships before they ended. */
const OVERLAP_MS = 10_000;
/** A statement of some milliseconds, far below what stops one, and leaving PostgreSQL to others in between. */
const PAIRS_AT_ONCE = 1_000;

/**
 * Conversations are left, deleted, and people removed: who shares none any more is told nothing after some seconds. Only
 * pairs of whom one has left something are looked at: rows of memberships are kept, so none is missed after any pause.
 */
@Injectable()
export class RecheckWatches implements OnApplicationBootstrap, OnApplicationShutdown {
  private periodic: Periodic | undefined;
  /** Up to where the last successful sweep saw everything. */
  private sweptTo: Date | undefined;

  constructor(
    private readonly clock: SweepClock,
    private readonly acquaintances: AcquaintanceStore,
    private readonly table: WatchTable,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const options = {
      name: 'The check of who may watch',
      everyMs: RECONCILE_INTERVAL_MS,
      logger: this.logger,
    };
    this.periodic = periodically(options, () => this.sweep());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.periodic?.stop();
  }

  private async sweep(): Promise<void> {
    if (this.table.isEmpty) {
      this.sweptTo = undefined;
      return;
    }
    const { settledTo } = await this.clock.start();
    const since = new Date((this.sweptTo ?? settledTo).getTime() - OVERLAP_MS);
    const pairs = this.pairsWith(await this.acquaintances.leftSince(since));
    for (let start = 0; start < pairs.length; start += PAIRS_AT_ONCE)
      await this.dropStrangers(pairs.slice(start, start + PAIRS_AT_ONCE));
    this.sweptTo = settledTo;
  }

  /** Who of them watches whom, and who watches them; each pair once, whatever the devices. */
  private pairsWith(userIds: ReadonlySet<string>): Pair[] {
    const pairs = new Map<string, Pair>();
    if (userIds.size === 0) return [];
    for (const socketId of this.table.socketIds()) {
      const watcherId = this.table.watcherOf(socketId);
      if (watcherId === undefined) continue;
      for (const watchedId of this.table.watchedBy(socketId))
        if (userIds.has(watcherId) || userIds.has(watchedId))
          pairs.set(`${watcherId} ${watchedId}`, { watcherId, watchedId });
    }
    return [...pairs.values()];
  }

  private async dropStrangers(pairs: readonly Pair[]): Promise<void> {
    const strangers = await this.acquaintances.strangers(pairs);
    for (const { watcherId, watchedId } of strangers)
      for (const socketId of [...this.table.watchersOf(watchedId)])
        if (this.table.watcherOf(socketId) === watcherId) this.table.drop(socketId, watchedId);
  }
}
