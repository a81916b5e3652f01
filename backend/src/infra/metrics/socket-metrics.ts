import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';
import { preset } from './preset.js';

export const ROOM_KINDS = ['conversation', 'person', 'session'] as const;
export type RoomKind = (typeof ROOM_KINDS)[number];

export const DISCONNECT_REASONS = [
  'client',
  'connection_closed',
  'connection_error',
  'ping_timeout',
  'unreadable',
  'slow_reader',
  'expired',
  'session_ended',
  'draining',
  'not_ready',
  'other',
] as const;
export type DisconnectReason = (typeof DISCONNECT_REASONS)[number];

/** Who is connected to this instance. */
export class SocketMetrics {
  readonly rooms: Gauge<'kind'>;
  readonly disconnects: Counter<'reason'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.rooms = new Gauge({
      name: 'parley_rooms',
      help: 'Rooms with a socket on this instance, by kind.',
      labelNames: ['kind'] as const,
      registers,
    });
    this.disconnects = new Counter({
      name: 'parley_disconnects_total',
      help: 'Sockets that went, by reason.',
      labelNames: ['reason'] as const,
      registers,
    });
    for (const kind of ROOM_KINDS) this.rooms.set({ kind }, 0);
    preset(this.disconnects, 'reason', DISCONNECT_REASONS);
  }
}
