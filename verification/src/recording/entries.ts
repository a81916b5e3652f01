/**
 * Everything a run writes down. Judges see nothing else, so that a verdict can be repeated from the file and the
 * judges themselves can be tested with edited recordings. `t`: milliseconds since the start of the run, one monotonic
 * clock for all, because all actors live in one process.
 */

/** What an observer saw of a message: its place and digests of its content. */
export interface Seen {
  id: string;
  seq: number;
  rev: number;
  /** Digest of what the database holds too: sender, client id, text, edited, deleted. */
  core: string;
  /** Digest of the whole wire shape less `mine`; `null` where only the core is known. */
  full: string | null;
  sender: string;
  clientMessageId: string | null;
  kind: 'text' | 'system';
  /** Ids of the people it mentions, `*` for everybody; only where it mentions somebody. */
  mentions?: readonly string[];
}

export type Via = 'live' | 'catch-up' | 'sync' | 'page' | 'library';
export type Action =
  | 'send'
  | 'edit'
  | 'delete'
  | 'react'
  | 'unreact'
  | 'read'
  | 'create'
  | 'add'
  | 'remove'
  | 'leave'
  | 'join'
  | 'history'
  | 'logout';

export type Entry =
  | { k: 'run'; t: number; seed: number; mode: string; instances: number; startedAt: string }
  | { k: 'user'; t: number; user: string; name: string }
  | { k: 'device'; t: number; device: string; user: string; driver: 'raw' | 'library' }
  | { k: 'conversation'; t: number; conversation: string; label: string; kind: string; members: string[] }
  /** A message entered a device's queue; `n` counts up for each device and conversation. */
  | { k: 'enqueue'; t: number; device: string; conversation: string; clientMessageId: string; n: number }
  | Invoke
  | Ok
  /** Refused: nothing was stored. */
  | { k: 'fail'; t: number; op: number; code: string }
  /** The outcome is unknown. */
  | { k: 'info'; t: number; op: number; why: string }
  | { k: 'connect'; t: number; device: string; connection: number; instance: string; epoch: string }
  | { k: 'disconnect'; t: number; device: string; connection: number; why: string; wanted: boolean }
  | Frame
  | Heard
  | Told
  | Applied
  /** A device started to show a conversation, from its newest page, or started over. */
  | WindowStart
  | { k: 'window-end'; t: number; device: string; conversation: string; why: string }
  | {
      k: 'hole';
      t: number;
      device: string;
      conversation: string;
      rev: number;
      seenRev: number;
      by: 'changes' | 'heads';
    }
  | {
      k: 'caught-up';
      t: number;
      device: string;
      conversation: string;
      from: number;
      to: number;
      via: 'catch-up' | 'sync';
      pages: number;
    }
  | { k: 'removed'; t: number; device: string; conversation: string; rev: number }
  | {
      k: 'pointer';
      t: number;
      device: string;
      conversation: string;
      user: string;
      readSeq: number;
      via: string;
    }
  | { k: 'session-ended'; t: number; device: string; why: string }
  | FaultStart
  | { k: 'fault-bit'; t: number; fault: number; proof: string; inFlight: number }
  | { k: 'fault-missed'; t: number; fault: number; why: string }
  | { k: 'fault-heal'; t: number; fault: number }
  | {
      k: 'exit';
      t: number;
      process: string;
      pid: number;
      code: number | null;
      signal: string | null;
      planned: boolean;
    }
  | { k: 'process'; t: number; process: string; pid: number; instance: string | null; readyMs: number }
  | Sample
  /** No more actions are started and every fault is healed. */
  | { k: 'quiet'; t: number }
  | { k: 'quiet-end'; t: number }
  | Held
  | DatabaseConversation
  | Walk
  | { k: 'log-fault'; t: number; process: string; line: string }
  | OutboxConversation
  | {
      k: 'story';
      t: number;
      name: string;
      sentence: string;
      passed: boolean;
      ms: number;
      details: string[];
      figures: Record<string, number>;
    }
  | { k: 'end'; t: number };

export interface Invoke {
  k: 'invoke';
  t: number;
  op: number;
  action: Action;
  user: string;
  device: string | null;
  via: 'socket' | 'rest' | 'library';
  /** Name of the instance where the request went straight to one, else `null` (through the proxy). */
  target: string | null;
  conversation: string;
  clientMessageId?: string;
  messageId?: string;
  /** A repeat of a send that another connection makes as well. */
  repeat?: boolean;
  /** How often this device has tried before. */
  attempt?: number;
  subjects?: string[];
  seq?: number;
}

export interface Ok {
  k: 'ok';
  t: number;
  op: number;
  message?: Seen;
  duplicate?: boolean;
  readSeq?: number;
  unread?: number;
  items?: number;
}

export interface Frame {
  k: 'frame';
  t: number;
  device: string;
  connection: number;
  event: string;
  conversation: string;
  fromRev: number;
  toRev: number;
  messages: Seen[];
}

/** Any other event of the server: whom and what it names. */
export interface Heard {
  k: 'heard';
  t: number;
  device: string;
  connection: number;
  event: string;
  conversations: string[];
  users: string[];
}

/** A conversation as the server told it to one of its members: its head, and their side of it, of one moment. */
export interface Told {
  k: 'told';
  t: number;
  device: string;
  user: string;
  conversation: string;
  lastSeq: number;
  readSeq: number;
  unread: number;
}

export interface Applied {
  k: 'applied';
  t: number;
  device: string;
  conversation: string;
  from: number;
  to: number;
  via: Via;
  /** As shown after the step: what came new or changed. */
  messages: Seen[];
}

export interface WindowStart {
  k: 'window-start';
  t: number;
  device: string;
  conversation: string;
  rev: number;
  messages: Seen[];
  why: 'open' | 'reset' | 'epoch';
}

export interface FaultStart {
  k: 'fault-start';
  t: number;
  fault: number;
  name: string;
  target: string;
  /** What it takes away while it lasts. */
  affects: 'instance' | 'redis' | 'postgres' | 'proxy' | 'network' | 'client';
  /** The instance (its process name) where it is one. */
  process: string | null;
  /** Nothing answers on the way that is hit until the heal: waiting for it is no fault of the product. */
  blocking: boolean;
}

export interface Sample {
  k: 'sample';
  t: number;
  process: string;
  pid: number;
  rssBytes: number;
  /** Without the connections that it serves. */
  handles: number;
}

/** What a device holds at the end. */
export interface Held {
  k: 'held';
  t: number;
  device: string;
  user: string;
  conversation: string;
  connected: boolean;
  rev: number;
  readSeq: number;
  /** `null` where the device can not know without asking: only a part of what is unread is loaded. */
  unread: number | null;
  mentions: number | null;
  messages: Seen[];
}

export interface DatabaseRow {
  id: string;
  seq: number;
  rev: number;
  sender: string;
  clientMessageId: string | null;
  kind: 'text' | 'system';
  core: string;
  deleted: boolean;
  /** As in `Seen`. */
  mentions?: readonly string[];
  system: { type: string; userIds: string[] } | null;
}

export interface DatabaseConversation {
  k: 'database';
  t: number;
  conversation: string;
  lastSeq: number;
  lastRev: number;
  rows: DatabaseRow[];
  members: { user: string; readSeq: number; left: boolean }[];
}

/** The jobs that the changes of a conversation left behind. */
export interface OutboxConversation {
  k: 'outbox';
  t: number;
  conversation: string;
  /** Rows from this rev on are too young to have been cleaned away. */
  certainFrom: number;
  rows: { rev: number; message: string | null; done: boolean }[];
}

/** One user's walk over REST through a conversation. */
export interface Walk {
  k: 'walk';
  t: number;
  user: string;
  conversation: string;
  /** HTTP status of the history; anything but 200 has no messages. */
  status: number;
  lastSeq: number;
  lastRev: number;
  readSeq: number;
  unread: number;
  mentions: number;
  markedUnread: boolean;
  messages: Seen[];
}
