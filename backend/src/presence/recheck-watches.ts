import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Logger } from '../infra/logger/logger.js';
import type { Periodic } from '../infra/periodic/periodically.js';
import { periodically } from '../infra/periodic/periodically.js';
import type { Pair } from './acquaintance.store.js';
import { AcquaintanceStore } from './acquaintance.store.js';
import { WatchTable } from './watch-table.js';

/** Who shares no conversation any more is told nothing after 20 s: the pause, and what a cycle takes. */
const CYCLE_EVERY_MS = 12_000;
/** A statement of some milliseconds, far below what stops one, and leaving PostgreSQL to others in between. */
const PAIRS_AT_ONCE = 1_000;

/** Conversations are left and people removed: all who watch are checked again and again, whoever they watch. */
@Injectable()
export class RecheckWatches implements OnApplicationBootstrap, OnApplicationShutdown {
  private periodic: Periodic | undefined;

  constructor(
    private readonly acquaintances: AcquaintanceStore,
    private readonly table: WatchTable,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const options = { name: 'The check of who may watch', everyMs: CYCLE_EVERY_MS, logger: this.logger };
    this.periodic = periodically(options, () => this.cycle());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.periodic?.stop();
  }

  private async cycle(): Promise<void> {
    let pairs: Pair[] = [];
    const sockets = new Map<string, string[]>();
    for (const socketId of this.table.socketIds()) {
      const watcherId = this.table.watcherOf(socketId);
      if (watcherId === undefined) continue;
      // Devices of one person often watch the same people, but not always; the next pairs start anew.
      sockets.set(watcherId, [...(sockets.get(watcherId) ?? []), socketId]);
      for (const watchedId of this.table.watchedBy(socketId)) pairs.push({ watcherId, watchedId });
      if (pairs.length < PAIRS_AT_ONCE) continue;
      await this.dropStrangers(pairs, sockets);
      pairs = [];
      sockets.clear();
    }
    if (pairs.length > 0) await this.dropStrangers(pairs, sockets);
  }

  private async dropStrangers(
    pairs: readonly Pair[],
    sockets: ReadonlyMap<string, readonly string[]>,
  ): Promise<void> {
    for (const { watcherId, watchedId } of await this.acquaintances.strangers(pairs)) {
      for (const socketId of sockets.get(watcherId) ?? []) this.table.drop(socketId, watchedId);
    }
  }
}
