import type { ChangesEvent, Message } from '@parley/protocol';

/**
 * After a frame that took t to write, the room's next one waits for 9 t: a busy room then takes at most a tenth of the
 * processor for its frames, whatever its size and the machine, and what is written meanwhile shares one frame.
 */
const REST_PER_COST = 9;
/** What nobody sees as a delay; the largest rooms on a full machine are written this often. */
const REST_MAX_MS = 25;
/** Smaller rooms never wait: a frame costs them less than the send of the message itself, and little is gained. */
const ROOM_MIN_SOCKETS = 25;
/** A frame for people on phones: a merged one stays below the largest frame that a client may send. */
const MESSAGES_MAX = 64;
const CHARACTERS_MAX = 32_768;
/** Rooms are forgotten in one walk when so many are known: what they cost is learned again by one frame. */
const ROOMS_MAX = 10_000;

interface Pending {
  membersRev: number;
  readonly fromRev: number;
  toRev: number;
  /** By id, each in its newest state. */
  readonly messages: Map<string, Message>;
  readonly reacted: NonNullable<ChangesEvent['reacted']>;
  characters: number;
  readonly timer: NodeJS.Timeout;
}

interface Room {
  /** Frames of the room may leave again from this moment on, by `performance.now()`. */
  restsUntil: number;
  /** What the last frame took to write. */
  costMs: number;
  pending: Pending | undefined;
}

export type EmitChanges = (membersRev: number, changes: ChangesEvent) => void;

/**
 * Lets messages of a busy conversation share frames: writing to sockets is most of what a message costs. A room that
 * was quiet is told at once; one that was just told waits a moment in proportion to what telling it costs. Only
 * pieces of the log that follow each other are merged, and their order is kept.
 */
export class FrameMerger {
  private readonly rooms = new Map<string, Room>();

  /** `emit` writes a frame to all sockets here and to the bus before it returns; `socketsIn` counts those here. */
  constructor(
    private readonly emit: EmitChanges,
    private readonly socketsIn: (conversationId: string) => number,
    private readonly merged: (frames: number) => void = () => undefined,
  ) {}

  add(membersRev: number, changes: ChangesEvent): void {
    const { conversationId } = changes;
    const room = this.rooms.get(conversationId) ?? this.newRoom(conversationId);
    if (room.pending) {
      if (follows(room.pending, changes)) {
        extend(room.pending, membersRev, changes);
        if (isFull(room.pending)) this.flush(conversationId);
        return;
      }
      this.flush(conversationId);
    }
    const wait = room.restsUntil - performance.now();
    if (wait <= 0) {
      this.tell(room, membersRev, changes);
      return;
    }
    room.pending = startOf(
      membersRev,
      changes,
      setTimeout(() => {
        this.flush(conversationId);
      }, wait),
    );
    if (isFull(room.pending)) this.flush(conversationId);
  }

  /** Tells what waits now: before an instance lets its sockets go. */
  flushAll(): void {
    for (const conversationId of this.rooms.keys()) this.flush(conversationId);
  }

  private flush(conversationId: string): void {
    const room = this.rooms.get(conversationId);
    const pending = room?.pending;
    if (!room || !pending) return;
    clearTimeout(pending.timer);
    room.pending = undefined;
    const { membersRev, fromRev, toRev, messages, reacted } = pending;
    this.tell(room, membersRev, {
      conversationId,
      fromRev,
      toRev,
      messages: [...messages.values()].sort((one, other) => one.rev - other.rev),
      ...(reacted.length > 0 ? { reacted } : {}),
    });
  }

  private tell(room: Room, membersRev: number, changes: ChangesEvent): void {
    const began = performance.now();
    this.emit(membersRev, changes);
    const ended = performance.now();
    const costMs = ended - began;
    // The lesser of two: a moment in which the process had to wait for the processor says nothing of the room.
    const restMs = Math.min(costMs, room.costMs) * REST_PER_COST;
    room.costMs = costMs;
    const isLarge = this.socketsIn(changes.conversationId) >= ROOM_MIN_SOCKETS;
    room.restsUntil = isLarge ? ended + Math.min(REST_MAX_MS, restMs) : 0;
    this.merged(changes.messages.length);
  }

  private newRoom(conversationId: string): Room {
    if (this.rooms.size >= ROOMS_MAX) this.forgetResting();
    const room: Room = { restsUntil: 0, costMs: 0, pending: undefined };
    this.rooms.set(conversationId, room);
    return room;
  }

  private forgetResting(): void {
    for (const [id, { pending }] of this.rooms) if (!pending) this.rooms.delete(id);
  }
}

function follows(pending: Pending, changes: ChangesEvent): boolean {
  return pending.toRev === changes.fromRev;
}

function isFull({ messages, characters }: Pending): boolean {
  return messages.size >= MESSAGES_MAX || characters >= CHARACTERS_MAX;
}

function startOf(membersRev: number, changes: ChangesEvent, timer: NodeJS.Timeout): Pending {
  const { fromRev } = changes;
  const pending: Pending = {
    membersRev,
    fromRev,
    toRev: fromRev,
    messages: new Map(),
    reacted: [],
    characters: 0,
    timer,
  };
  extend(pending, membersRev, changes);
  return pending;
}

/** A message that several of the pieces touched is shown once, in its newest state, as the contract says of `changes`. */
function extend(pending: Pending, membersRev: number, { toRev, messages, reacted }: ChangesEvent): void {
  pending.membersRev = Math.max(pending.membersRev, membersRev);
  pending.toRev = toRev;
  for (const message of messages) {
    const held = pending.messages.get(message.id);
    if (held && held.rev > message.rev) continue;
    pending.messages.set(message.id, message);
    pending.characters += message.text.length;
  }
  if (reacted) pending.reacted.push(...reacted);
}
