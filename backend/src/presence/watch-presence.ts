import type { Presence } from '@parley/protocol';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { unavailable } from '../infra/errors/parley-error.js';
import { Logger } from '../infra/logger/logger.js';
import type { Periodic } from '../infra/periodic/periodically.js';
import { periodically } from '../infra/periodic/periodically.js';
import { RedisUnavailableError } from '../infra/redis/redis-cache.js';
import type { Caller } from '../realtime/command.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import { Publisher } from '../realtime/publisher.js';
import { AcquaintanceStore } from './acquaintance.store.js';
import { PresenceLeases } from './presence-leases.js';

/** With the lease (22 s) below the 30 s within which all watchers agree (G8). */
const LOOK_EVERY_MS = 3_000;
/** Who shares no conversation any more stops being told within this time, give or take a look. */
const RECHECK_AFTER_MS = 20_000;
/** Re-checks in one look: a bounded load on PostgreSQL, however many sockets watch. */
const RECHECKS_AT_ONCE = 100;

interface Watch {
  readonly userId: string;
  watched: ReadonlySet<string>;
  checkedAt: number;
}

/** Tells sockets how the people they watch come and go: only those who share a conversation with the watcher. */
@Injectable()
export class WatchPresence implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly watches = new Map<string, Watch>();
  /** What was last seen of everybody who is watched here. */
  private lastSeen = new Map<string, Presence>();
  private periodic: Periodic | undefined;

  constructor(
    private readonly acquaintances: AcquaintanceStore,
    private readonly leases: PresenceLeases,
    private readonly sockets: LocalSockets,
    private readonly publisher: Publisher,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.sockets.observe({
      opened: () => undefined,
      closed: ({ socketId }) => {
        this.watches.delete(socketId);
      },
    });
    const options = { name: 'The look at presence', everyMs: LOOK_EVERY_MS, logger: this.logger };
    this.periodic = periodically(options, () => this.look());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.periodic?.stop();
  }

  /** Those of the people whom the person may see. Throws UNAVAILABLE while Redis is away. */
  async read(userId: string, userIds: readonly string[]): Promise<Presence[]> {
    const seen = await this.acquaintances.amongPeople(userId, userIds);
    return this.readLeases([...seen]);
  }

  /** Replaces what the socket watches, and answers the present state. */
  async watch(caller: Caller, userIds: readonly string[]): Promise<Presence[]> {
    const watched = await this.acquaintances.amongPeople(caller.userId, userIds);
    const items = await this.readLeases([...watched]);
    for (const item of items) if (!this.lastSeen.has(item.userId)) this.lastSeen.set(item.userId, item);
    // The socket may have closed meanwhile; nobody would take its watch away.
    if (watched.size === 0 || !this.sockets.has(caller.socketId)) this.watches.delete(caller.socketId);
    else this.watches.set(caller.socketId, { userId: caller.userId, watched, checkedAt: Date.now() });
    return items;
  }

  private async readLeases(userIds: readonly string[]): Promise<Presence[]> {
    try {
      return await this.leases.read(userIds);
    } catch (error) {
      if (error instanceof RedisUnavailableError)
        throw unavailable('Presence is not known at the moment.', error);
      throw error;
    }
  }

  private async look(): Promise<void> {
    if (this.watches.size === 0) {
      this.lastSeen.clear();
      return;
    }
    await this.recheck();
    const everybody = new Set([...this.watches.values()].flatMap(({ watched }) => [...watched]));
    let present: Presence[];
    try {
      present = await this.leases.read([...everybody]);
    } catch (error) {
      // Nobody is told anything while Redis is away: that is not the same as everybody being offline.
      if (error instanceof RedisUnavailableError) return;
      throw error;
    }
    const changed = new Map(
      present
        .filter(({ userId, status }) => this.lastSeen.get(userId)?.status !== status)
        .map((item) => [item.userId, item]),
    );
    this.lastSeen = new Map(present.map((item) => [item.userId, item]));
    if (changed.size === 0) return;
    for (const [socketId, { watched }] of this.watches) {
      const items = [...changed.values()].filter(({ userId }) => watched.has(userId));
      if (items.length > 0) this.publisher.toSocket(socketId, 'presence', { items });
    }
  }

  /** Conversations are left and people removed: a watch is never older than its last look at who may be seen. */
  private async recheck(): Promise<void> {
    const now = Date.now();
    const due = [...this.watches.values()]
      .filter(({ checkedAt }) => now - checkedAt > RECHECK_AFTER_MS)
      .sort((one, other) => one.checkedAt - other.checkedAt)
      .slice(0, RECHECKS_AT_ONCE);
    for (const watch of due) {
      watch.watched = await this.acquaintances.amongPeople(watch.userId, [...watch.watched]);
      watch.checkedAt = now;
    }
  }
}
