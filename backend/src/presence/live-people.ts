import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Logger } from '../infra/logger/logger.js';
import type { Periodic } from '../infra/periodic/periodically.js';
import { periodically } from '../infra/periodic/periodically.js';
import { RedisUnavailableError } from '../infra/redis/redis-cache.js';
import type { SocketMoved } from '../realtime/local-sockets.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import type { LiveStatus } from './presence-leases.js';
import { PresenceLeases } from './presence-leases.js';

const BEAT_MS = 9_000;
/** What moves in a moment (a reconnect, a storm) is written once. */
const GATHER_MS = 250;

/** The people connected to this instance, and what their devices say: one that is online outweighs those away. */
@Injectable()
export class LivePeople implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly people = new Map<string, Map<string, LiveStatus>>();
  private readonly moved = new Set<string>();
  private readonly periodics: Periodic[] = [];

  constructor(
    private readonly sockets: LocalSockets,
    private readonly leases: PresenceLeases,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.sockets.observe({
      opened: (socket) => {
        this.set(socket, 'online');
      },
      closed: (socket) => {
        this.set(socket, null);
      },
    });
    const { logger } = this;
    this.periodics.push(
      periodically({ name: 'Writing presence', everyMs: GATHER_MS, logger }, () =>
        this.write([...this.moved]),
      ),
      periodically({ name: 'The beat of presence', everyMs: BEAT_MS, logger }, () =>
        this.write([...this.people.keys()]),
      ),
    );
  }

  /** After the drain, when the last of them have left. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.periodics.map((periodic) => periodic.stop()));
    await this.write([...this.moved]);
  }

  set({ userId, socketId }: SocketMoved, status: LiveStatus | null): void {
    // A command may be worked after its socket has closed.
    if (status !== null && !this.sockets.has(socketId)) return;
    const devices = this.people.get(userId) ?? new Map<string, LiveStatus>();
    if (status === null) devices.delete(socketId);
    else devices.set(socketId, status);
    if (devices.size > 0) this.people.set(userId, devices);
    else this.people.delete(userId);
    this.moved.add(userId);
  }

  /** What could not be written is written by the next beat, or ends by itself. */
  private async write(userIds: readonly string[]): Promise<void> {
    if (userIds.length === 0) return;
    const statuses = new Map(userIds.map((userId) => [userId, this.statusOf(userId)] as const));
    try {
      for (const userId of userIds) this.moved.delete(userId);
      await this.leases.write(statuses);
    } catch (error) {
      for (const userId of userIds) this.moved.add(userId);
      if (!(error instanceof RedisUnavailableError)) throw error;
    }
  }

  private statusOf(userId: string): LiveStatus | null {
    const devices = [...(this.people.get(userId)?.values() ?? [])];
    if (devices.length === 0) return null;
    return devices.includes('online') ? 'online' : 'away';
  }
}
