import type { DeliveredState, ReadState } from '@parley/protocol';
import { POINTER_INTERVAL_MS } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { AnnounceChange } from '../conversations/announce-change.js';
import { notFound } from '../infra/errors/parley-error.js';
import { Logger } from '../infra/logger/logger.js';
import { BusTrust } from '../realtime/bus-trust.js';
import { PointerWriter } from './pointer-writer.js';
import type { MovedPointers, PointerMove, PointerPosition } from './pointer.store.js';
import { PointerStore } from './pointer.store.js';
import { Receipts } from './receipts.js';

/** Moves in doubt are remembered for as many; a longer outage is left to the sweep of own sides. */
const UNTOLD_MAX = 10_000;

/** A move that waits for the end of the interval, and all who wait for its answer. */
interface Waiting {
  to: PointerPosition;
  answer: Promise<MovedPointers>;
}

/**
 * Moves the pointers of a person forward. From the socket at most one write in 2 s a person and conversation: the
 * first goes through at once, those that come sooner are joined into one at the end of the interval, and all get
 * its answer. A repeated `conversation:read` while scrolling costs nothing, and none is refused.
 */
@Injectable()
export class MovePointer {
  /** By `performance.now()`: a clock that is set back would make people wait. */
  private readonly lastMoved = new Map<string, number>();
  private readonly waiting = new Map<string, Waiting>();
  /** Moves that failed: they may be committed, and nobody was told. */
  private readonly untold = new Set<string>();
  private readonly writer: PointerWriter;

  constructor(
    private readonly receipts: Receipts,
    private readonly announce: AnnounceChange,
    private readonly bus: BusTrust,
    store: PointerStore,
    logger: Logger,
  ) {
    this.writer = new PointerWriter({
      commit: (moves) => store.advance(moves),
      committed: (move, moved, repeated) => {
        this.tellMoved(move, moved, repeated);
      },
      inDoubt: ({ userId, conversationId }) => {
        this.doubt(keyOf(userId, conversationId));
      },
      failed: (error) => {
        logger.failure('Moved pointers could not be told', error);
      },
    });
  }

  /** REST: at once. */
  async read(userId: string, conversationId: string, seq: number): Promise<ReadState> {
    return toReadState(await this.move(userId, conversationId, { readSeq: seq, deliveredSeq: null }));
  }

  async readFromSocket(userId: string, conversationId: string, seq: number): Promise<ReadState> {
    return toReadState(await this.spaced(userId, conversationId, { readSeq: seq, deliveredSeq: null }));
  }

  async deliveredFromSocket(userId: string, conversationId: string, seq: number): Promise<DeliveredState> {
    const moved = await this.spaced(userId, conversationId, { readSeq: null, deliveredSeq: seq });
    return { deliveredSeq: moved.deliveredSeq };
  }

  private spaced(userId: string, conversationId: string, to: PointerPosition): Promise<MovedPointers> {
    const key = keyOf(userId, conversationId);
    const waiting = this.waiting.get(key);
    if (waiting) {
      waiting.to = further(waiting.to, to);
      return waiting.answer;
    }
    const elapsed = performance.now() - (this.lastMoved.get(key) ?? Number.NEGATIVE_INFINITY);
    if (elapsed >= POINTER_INTERVAL_MS) {
      this.stamp(key);
      return this.move(userId, conversationId, to);
    }
    const entry: Waiting = {
      to,
      answer: pause(POINTER_INTERVAL_MS - elapsed).then(() => {
        this.waiting.delete(key);
        this.stamp(key);
        return this.moveLate(userId, conversationId, entry.to);
      }),
    };
    this.waiting.set(key, entry);
    return entry.answer;
  }

  /** Remembers the time of the move for as long as it matters. */
  private stamp(key: string): void {
    const now = performance.now();
    // Oldest first: a map keeps the order in which keys were set.
    this.lastMoved.delete(key);
    this.lastMoved.set(key, now);
    for (const [oldKey, movedAt] of this.lastMoved) {
      if (now - movedAt < POINTER_INTERVAL_MS) break;
      this.lastMoved.delete(oldKey);
    }
  }

  private async move(userId: string, conversationId: string, to: PointerPosition): Promise<MovedPointers> {
    let moved: MovedPointers | null;
    try {
      moved = await this.writer.write({ userId, conversationId, to });
    } catch (error) {
      this.doubt(keyOf(userId, conversationId));
      throw error;
    }
    if (!moved) throw notFound();
    return moved;
  }

  /** A repeat of a move whose answer was lost changes nothing, and is the first that can be told. */
  private tellMoved({ userId, conversationId }: PointerMove, moved: MovedPointers, repeated: boolean): void {
    const wasUntold = this.untold.delete(keyOf(userId, conversationId));
    if (moved.changed || repeated || wasUntold) this.tell(userId, conversationId, moved);
    // Whether the lost attempt took the mark away is not known; where nobody repeats here, the sweep tells it.
    if (moved.unmarked || repeated) this.announce.toReaders([userId], conversationId);
  }

  /** The other devices of the person are told by the sweep, also where the repeat never comes, or to another instance. */
  private doubt(key: string): void {
    this.bus.missed();
    this.untold.add(key);
    for (const oldest of this.untold) {
      if (this.untold.size <= UNTOLD_MAX) break;
      this.untold.delete(oldest);
    }
  }

  /**
   * A message that the person sent meanwhile moves the pointer past a move that waits, and says so only to those who
   * know that rule and got the message. Everybody concerned is told where it stands, as if the move had come first.
   */
  private async moveLate(
    userId: string,
    conversationId: string,
    to: PointerPosition,
  ): Promise<MovedPointers> {
    const moved = await this.move(userId, conversationId, to);
    const isOvertaken =
      moved.readSeq > (to.readSeq ?? moved.readSeq) ||
      moved.deliveredSeq > (to.deliveredSeq ?? moved.deliveredSeq);
    if (isOvertaken && !moved.changed) this.tell(userId, conversationId, moved);
    return moved;
  }

  private tell(userId: string, conversationId: string, moved: MovedPointers): void {
    const { readSeq, deliveredSeq, memberCount } = moved;
    this.receipts.announce(conversationId, { userId, readSeq, deliveredSeq }, memberCount);
  }
}

function keyOf(userId: string, conversationId: string): string {
  return `${userId} ${conversationId}`;
}

function toReadState({ readSeq, unread }: MovedPointers): ReadState {
  return { readSeq, unread };
}

function further(one: PointerPosition, other: PointerPosition): PointerPosition {
  return {
    readSeq: higher(one.readSeq, other.readSeq),
    deliveredSeq: higher(one.deliveredSeq, other.deliveredSeq),
  };
}

function higher(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
