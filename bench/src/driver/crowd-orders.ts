import type { Strain } from './orders.js';
import type { Auth } from './raw-socket.js';

/** What a process full of people is told to do, and what it answers. */

export interface PersonOrder {
  readonly number: number;
  readonly url: string;
  /** Where they come back after a cut. */
  readonly returnUrl: string;
  readonly auth: Auth;
  readonly conversationIds: readonly string[];
  /** User ids whose presence is on the screen. */
  readonly watched: readonly string[];
}
export interface JoinOrder {
  readonly people: readonly PersonOrder[];
  readonly atOnce: number;
  /** Addresses of this machine that connections come from, so that ports suffice. */
  readonly sources: readonly string[];
}
export interface Joined {
  readonly joined: number;
  readonly ms: number;
}

export interface LiveOrder {
  /** The first part of each client message id; no two orders may share it. */
  readonly name: string;
  readonly durationMs: number;
  readonly textLength: number;
  /** Of all people of the process together, in a second. */
  readonly sends: number;
  readonly reads: number;
  readonly presences: number;
}
export interface Lived {
  readonly sent: number;
  /** How late acts came, against the schedule. */
  readonly lag: string;
  /** From the moment a message was to be sent to its ack, whatever happened between. */
  readonly toAck: string;
}

export interface CrowdCounts {
  readonly frames: Readonly<Record<string, number>>;
  readonly bytes: number;
  /** Messages that arrived at somebody for the first time, live or by a catch-up. */
  readonly messages: number;
  /** Of them by a catch-up. */
  readonly caughtUp: number;
  readonly acknowledged: number;
  /** Sends that are not answered yet. */
  readonly open: number;
  /** Frames before which something was missing. */
  readonly holes: number;
  readonly cuts: number;
  /** By code, what was refused; sends that are tried again too. */
  readonly refused: Readonly<Record<string, number>>;
  /** By reason, tries to come back that were repeated. */
  readonly failedReturns: Readonly<Record<string, number>>;
  /** Not connected, or not caught up. */
  readonly away: number;
  /** How long each was away who is back. */
  readonly backAfterMs: readonly number[];
  readonly toArrival: string;
  /** The same since the last time that was asked. */
  readonly lap: string;
  readonly strain: Strain;
}

export interface CrowdOrders {
  join: { order: JoinOrder; answer: Joined };
  live: { order: LiveOrder; answer: Lived };
  count: { order: { readonly andReset: boolean }; answer: CrowdCounts };
  /** By person, in the order of their conversations, the rev that they hold. */
  held: { order: Record<string, never>; answer: readonly (readonly [number, readonly number[]])[] };
}
