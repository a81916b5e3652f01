import type { Presence } from '@parley/protocol';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EventLoopLoad } from '../infra/load/event-loop-load.js';
import { Logger } from '../infra/logger/logger.js';
import type { Periodic } from '../infra/periodic/periodically.js';
import { periodically } from '../infra/periodic/periodically.js';
import { RedisUnavailableError } from '../infra/redis/redis-cache.js';
import { BusTrust } from '../realtime/bus-trust.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import { Publisher } from '../realtime/publisher.js';
import { AnnouncePresence } from './announce-presence.js';
import { PresenceHints } from './presence-hints.js';
import { PEOPLE_AT_ONCE, PresenceRecords } from './presence-records.js';
import { WatchTable } from './watch-table.js';

/** What changes within this time travels in one frame, and who only reloads a page does not flicker. */
const GATHER_MS = 1_000;
/** The net below hints: hints that were lost are noticed by pulses, so this only meets what nobody thought of. */
const LOOK_AT_ALL_MS = 60_000;
/** While hints may be lost: with the rest of the way below the 30 s of G8. */
const LOOK_AT_ALL_DOUBTED_MS = 8_000;
/** Items told before whatever else waits is let through: presence delays no message. */
const TOLD_AT_ONCE = 500;

/** Tells sockets how the people they watch come and go: who is hinted at is read, and told where it differs. */
@Injectable()
export class TellWatchers implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly hinted = new Set<string>();
  /** They were busy when they were to be told something, and are told all when they are not. */
  private readonly behind = new Set<string>();
  private lookAtAllAt = Infinity;
  private isListening = false;
  private periodic: Periodic | undefined;

  constructor(
    private readonly table: WatchTable,
    private readonly records: PresenceRecords,
    private readonly hints: PresenceHints,
    private readonly announcing: AnnouncePresence,
    private readonly trust: BusTrust,
    private readonly load: EventLoopLoad,
    private readonly sockets: LocalSockets,
    private readonly publisher: Publisher,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.hints.onHint((userIds) => {
      for (const userId of userIds) if (this.table.isWatched(userId)) this.hinted.add(userId);
    });
    const options = { name: 'Telling presence', everyMs: GATHER_MS, logger: this.logger };
    this.periodic = periodically(options, () => this.look());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.periodic?.stop();
  }

  /** To be called when somebody watches, before they read. */
  async listen(): Promise<void> {
    if (!this.isListening) {
      this.isListening = true;
      this.lookAtAllAt = performance.now() + LOOK_AT_ALL_MS;
    }
    if (!(await this.hints.listen())) this.lookAtAllAt = 0;
  }

  /** What a socket was answered, others were perhaps not told: then it is read once more, and told to all. */
  answered(items: readonly Presence[]): void {
    for (const item of items) {
      const told = this.table.toldOf(item.userId);
      if (told && told.status !== item.status) this.hinted.add(item.userId);
      this.table.setTold(item);
    }
  }

  private async look(): Promise<void> {
    if (this.table.isEmpty) {
      if (this.isListening) this.hints.stopListening();
      this.isListening = false;
      this.hinted.clear();
      this.behind.clear();
      return;
    }
    // Who is hinted at meanwhile is told once there is time.
    if (this.load.level >= 1) return;
    if (!this.announcing.isSettled) {
      this.lookAtAllAt = 0;
      return;
    }
    const now = performance.now();
    if (this.trust.isDoubted) this.lookAtAllAt = Math.min(this.lookAtAllAt, now + LOOK_AT_ALL_DOUBTED_MS);
    const isAll = now >= this.lookAtAllAt;
    const userIds = isAll ? this.table.everybody() : [...this.hinted];
    this.hinted.clear();
    this.lookAtAllAt = isAll ? now + LOOK_AT_ALL_MS : this.lookAtAllAt;
    for (let start = 0; start < userIds.length; start += PEOPLE_AT_ONCE) {
      const isKnown = await this.lookAt(userIds.slice(start, start + PEOPLE_AT_ONCE));
      if (isKnown) continue;
      // Nobody is told anything while Redis is away or has forgotten: that is not the same as everybody being offline.
      this.lookAtAllAt = 0;
      return;
    }
    this.catchUp();
  }

  private async lookAt(userIds: readonly string[]): Promise<boolean> {
    try {
      const { items, isComplete } = await this.records.read(userIds);
      if (!isComplete) return false;
      await this.tell(items.filter((item) => this.table.toldOf(item.userId)?.status !== item.status));
      return true;
    } catch (error) {
      if (error instanceof RedisUnavailableError) return false;
      throw error;
    }
  }

  private async tell(changed: readonly Presence[]): Promise<void> {
    const frames = new Map<string, Presence[]>();
    for (const item of changed) {
      this.table.setTold(item);
      for (const socketId of this.table.watchersOf(item.userId)) {
        const frame = frames.get(socketId);
        if (frame) frame.push(item);
        else frames.set(socketId, [item]);
      }
    }
    let told = 0;
    for (const [socketId, items] of frames) {
      const watched = this.table.watchedBy(socketId);
      this.toSocket(
        socketId,
        // While others were let through, somebody may have been taken from what it watches.
        items.filter(({ userId }) => watched.has(userId)),
      );
      told += items.length;
      if (told < TOLD_AT_ONCE) continue;
      told = 0;
      await nextTurn();
    }
  }

  private toSocket(socketId: string, items: Presence[]): void {
    if (items.length === 0) return;
    if (this.sockets.isBusy(socketId)) this.behind.add(socketId);
    else this.publisher.toSocket(socketId, 'presence', { items });
  }

  private catchUp(): void {
    for (const socketId of this.behind) {
      if (this.sockets.isBusy(socketId)) continue;
      this.behind.delete(socketId);
      const items = [...this.table.watchedBy(socketId)].flatMap((userId) => this.table.toldOf(userId) ?? []);
      this.toSocket(socketId, items);
    }
  }
}
