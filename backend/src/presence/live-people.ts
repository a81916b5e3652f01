import type { OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { SocketMoved } from '../realtime/local-sockets.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import type { LiveStatus } from './presence-records.js';

/** The people connected to this instance, and what their devices say: one that is online outweighs those away. */
@Injectable()
export class LivePeople implements OnApplicationBootstrap {
  private readonly people = new Map<string, Map<string, LiveStatus>>();
  private moved = new Set<string>();

  constructor(private readonly sockets: LocalSockets) {}

  onApplicationBootstrap(): void {
    this.sockets.observe({
      opened: (socket) => {
        this.set(socket, 'online');
      },
      closed: (socket) => {
        this.set(socket, null);
      },
    });
  }

  /** `null`: the socket has closed. */
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

  statusOf(userId: string): LiveStatus | null {
    const devices = this.people.get(userId);
    if (!devices) return null;
    for (const status of devices.values()) if (status === 'online') return 'online';
    return 'away';
  }

  all(): string[] {
    return [...this.people.keys()];
  }

  /** Who came, went or said something since the last call. */
  takeMoved(): string[] {
    const moved = [...this.moved];
    this.moved = new Set();
    return moved;
  }

  putBack(userIds: readonly string[]): void {
    for (const userId of userIds) this.moved.add(userId);
  }
}
