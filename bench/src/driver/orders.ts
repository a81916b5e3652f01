import type { Auth } from './raw-socket.js';

/** What a driver process is told to do, and what it answers. */

export interface ConnectOrder {
  readonly clients: readonly { readonly url: string; readonly auth: Auth }[];
  readonly atOnce: number;
}
export interface Connected {
  readonly connected: number;
  readonly ms: number;
  /** Upgrades that were answered with 503, and tried again. */
  readonly retries: number;
}

export interface SendOrder {
  /** Which of the process's own connections sends to which conversation; message k takes target k modulo their number. */
  readonly targets: readonly { readonly client: number; readonly conversationId: string }[];
  /** The first part of each client message id; no two orders may share it. */
  readonly name: string;
  readonly perSecond: number;
  readonly durationMs: number;
  readonly textLength: number;
}
export interface SaturateOrder {
  readonly targets: SendOrder['targets'];
  readonly name: string;
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly textLength: number;
}
export interface Saturated {
  /** After the warm-up. */
  readonly acknowledged: number;
  readonly seconds: number;
  readonly refused: Record<string, number>;
}

export interface Sent {
  readonly sent: number;
  readonly acknowledged: number;
  /** How often each error was answered. */
  readonly refused: Record<string, number>;
  /** How late messages left, against the schedule. */
  readonly lag: string;
  /** From the intended moment to the ack. */
  readonly toAck: string;
}

/** How hard the process itself had it since the counts began. */
export interface Strain {
  /** How late it came round, 99th percentile. */
  readonly lagP99Ms: number;
  /** Of one core. */
  readonly cpu: number;
}

export interface Counts {
  /** Frames with events, `changes` and others, and their bytes without the WebSocket heads. */
  readonly frames: number;
  readonly bytes: number;
  /** Messages in them. */
  readonly messages: number;
  /** Messages from before the counts began. */
  readonly repeated: number;
  readonly closed: number;
  readonly strain: Strain;
  /** From the intended moment to the arrival, a value a delivered message. */
  readonly toArrival: string;
}

export interface Orders {
  connect: { order: ConnectOrder; answer: Connected };
  send: { order: SendOrder; answer: Sent };
  /** One message after the other from each target, the next when the one before is stored. */
  saturate: { order: SaturateOrder; answer: Saturated };
  /** Counts since the last one, which it begins anew. */
  count: { order: { readonly andReset: boolean }; answer: Counts };
  disconnect: { order: Record<string, never>; answer: Record<string, never> };
}
