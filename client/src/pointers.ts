import { POINTER_INTERVAL_MS } from '@parley/protocol/limits';
import { ParleyError } from './parley-error.js';

interface Moves {
  sent: number;
  wanted: number;
  isUnderWay: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Tells the server how far somebody has got, at most once in a while for each conversation: the newest word counts. */
export class Pointers {
  private readonly moves = new Map<string, Moves>();

  /** `send` resolves when the server has taken it. What it can not take now is told again. */
  constructor(private readonly send: (conversationId: string, seq: number) => Promise<void>) {}

  /** `isRepeat`: tell it though the server knows that seq. */
  move(conversationId: string, seq: number, isRepeat = false): void {
    const moves = this.moves.get(conversationId) ?? {
      sent: 0,
      wanted: 0,
      isUnderWay: false,
      timer: undefined,
    };
    this.moves.set(conversationId, moves);
    if (isRepeat && !moves.isUnderWay) moves.sent = Math.min(moves.sent, seq - 1);
    moves.wanted = Math.max(moves.wanted, seq);
    this.next(conversationId, moves);
  }

  /** After a reconnect: what could not be told, at once. */
  resume(): void {
    for (const [conversationId, moves] of this.moves) {
      clearTimeout(moves.timer);
      moves.timer = undefined;
      this.next(conversationId, moves);
    }
  }

  clear(): void {
    for (const { timer } of this.moves.values()) clearTimeout(timer);
    this.moves.clear();
  }

  private next(conversationId: string, moves: Moves): void {
    if (moves.wanted <= moves.sent || moves.isUnderWay || moves.timer !== undefined) return;
    if (this.moves.get(conversationId) !== moves) return;
    const seq = moves.wanted;
    moves.isUnderWay = true;
    moves.timer = setTimeout(() => {
      moves.timer = undefined;
      this.next(conversationId, moves);
    }, POINTER_INTERVAL_MS);
    void this.send(conversationId, seq)
      .then(() => true)
      // Refused for good (not a member any more): not to be told again.
      .catch((error: unknown) => error instanceof ParleyError && !error.retryable)
      .then((isOver) => {
        moves.isUnderWay = false;
        if (isOver) moves.sent = Math.max(moves.sent, seq);
        this.next(conversationId, moves);
      });
  }
}
