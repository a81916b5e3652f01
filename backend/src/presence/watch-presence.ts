import type { Presence } from '@parley/protocol';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { unavailable } from '../infra/errors/parley-error.js';
import { RedisUnavailableError } from '../infra/redis/redis-cache.js';
import type { Caller } from '../realtime/command.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import { AcquaintanceStore } from './acquaintance.store.js';
import { PresenceRecords } from './presence-records.js';
import { TellWatchers } from './tell-watchers.js';
import { WatchTable } from './watch-table.js';

/** How people are, to those who share a conversation with them, and to nobody else. */
@Injectable()
export class WatchPresence implements OnApplicationBootstrap {
  /** The last watch that each socket asked for: looking people up takes a while, and a later one counts. */
  private readonly asked = new Map<string, symbol>();

  constructor(
    private readonly acquaintances: AcquaintanceStore,
    private readonly records: PresenceRecords,
    private readonly table: WatchTable,
    private readonly watchers: TellWatchers,
    private readonly sockets: LocalSockets,
  ) {}

  onApplicationBootstrap(): void {
    this.sockets.observe({
      opened: () => undefined,
      closed: ({ socketId }) => {
        this.asked.delete(socketId);
        this.table.remove(socketId);
      },
    });
  }

  /** Those of the people whom the person may see. Throws UNAVAILABLE while Redis is away. */
  async read(userId: string, userIds: readonly string[]): Promise<Presence[]> {
    return this.readNow([...(await this.acquaintances.amongPeople(userId, userIds))]);
  }

  /** Replaces what the socket watches, and answers the present state. While Redis is away it is told later. */
  async watch(caller: Caller, userIds: readonly string[]): Promise<Presence[]> {
    const turn = Symbol();
    this.asked.set(caller.socketId, turn);
    const seen = await this.acquaintances.amongPeople(caller.userId, userIds);
    // The socket may have closed meanwhile; nobody would take its watch away.
    if (!this.sockets.has(caller.socketId)) this.asked.delete(caller.socketId);
    else if (this.asked.get(caller.socketId) === turn)
      this.table.replace(caller.socketId, caller.userId, seen);
    // It watches before it reads: what changes in between is told.
    await this.watchers.listen();
    const items = await this.readNow([...seen]);
    this.watchers.answered(items);
    return items;
  }

  private async readNow(userIds: readonly string[]): Promise<Presence[]> {
    try {
      return (await this.records.read(userIds)).items;
    } catch (error) {
      if (error instanceof RedisUnavailableError)
        throw unavailable('Presence is not known at the moment.', error);
      throw error;
    }
  }
}
