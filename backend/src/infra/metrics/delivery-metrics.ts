import type { Registry } from 'prom-client';
import { Counter, Histogram } from 'prom-client';
import { DURATION_BUCKETS } from './buckets.js';
import { preset } from './preset.js';

/** How a message reached the sockets of an instance: sent there, over the bus, or found missing by the sweep of heads. */
export const DELIVERY_PATHS = ['local', 'bus', 'repair'] as const;
export type DeliveryPath = (typeof DELIVERY_PATHS)[number];

export const MESSAGE_OUTCOMES = [
  'created',
  'duplicate',
  'refused',
  'rate_limited',
  'unavailable',
  'failed',
] as const;
export type MessageOutcome = (typeof MESSAGE_OUTCOMES)[number];

/** Messages on their way from who sends them to who reads them. */
export class DeliveryMetrics {
  readonly messages: Counter<'outcome'>;
  readonly seconds: Histogram<'path'>;
  readonly fanout: Histogram;
  readonly holesRepaired: Counter<'how'>;
  readonly sweepRepairs: Counter<'sweep'>;
  readonly syncBytes: Histogram;
  readonly syncMessages: Histogram;
  readonly syncConversations: Histogram;
  readonly syncResets: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.messages = new Counter({
      name: 'parley_messages_total',
      help: 'Messages that were sent, by REST and socket, by outcome.',
      labelNames: ['outcome'] as const,
      registers,
    });
    this.seconds = new Histogram({
      name: 'parley_delivery_seconds',
      help: "Messages from the command's arrival to the sockets of others on this instance, by path. Over the bus it compares two clocks.",
      labelNames: ['path'] as const,
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.fanout = new Histogram({
      name: 'parley_fanout_sockets',
      help: 'Sockets of this instance that a frame was written to.',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000],
      registers,
    });
    this.holesRepaired = new Counter({
      name: 'parley_holes_repaired_revs_total',
      help: 'Revs that were read from PostgreSQL and told to rooms that lacked them: in a frame, as a head to fetch from, or anew (below the first that was delivered here; nobody missed it).',
      labelNames: ['how'] as const,
      registers,
    });
    this.sweepRepairs = new Counter({
      name: 'parley_sweep_repairs_total',
      help: 'What a sweep told that the bus had not, by sweep.',
      labelNames: ['sweep'] as const,
      registers,
    });
    this.syncBytes = new Histogram({
      name: 'parley_sync_bytes',
      help: 'Bytes of a sync answer, as its budget counts them.',
      // The parts that are always there count as 1 KiB; the contract ends at 256 KiB.
      buckets: [1_024, 2_048, 4_096, 16_384, 65_536, 131_072, 262_144],
      registers,
    });
    this.syncMessages = new Histogram({
      name: 'parley_sync_messages',
      help: 'Messages in a sync answer.',
      buckets: [0, 1, 10, 50, 200, 500, 1_000, 2_000],
      registers,
    });
    this.syncConversations = new Histogram({
      name: 'parley_sync_conversations',
      help: 'Conversations told in a sync answer.',
      buckets: [0, 1, 10, 25, 50, 100, 150],
      registers,
    });
    this.syncResets = new Counter({
      name: 'parley_sync_resets_total',
      help: 'Conversations that a sync told to load anew: too far behind, or of another history of the database.',
      registers,
    });
    preset(this.messages, 'outcome', MESSAGE_OUTCOMES);
    preset(this.seconds, 'path', DELIVERY_PATHS);
    preset(this.holesRepaired, 'how', ['frame', 'heads', 'anew']);
    preset(this.sweepRepairs, 'sweep', ['own_side', 'membership_began', 'membership_ended', 'session_ended']);
  }
}
