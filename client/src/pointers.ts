import { POINTER_INTERVAL_MS } from '@parley/protocol/limits';
import { ParleyError } from './parley-error.js';

interface Moves {
  sent: number;
  wanted: number;
  /** The seq on its way; 0 where none is. */
  underWay: number;
  /** The one on its way may come before what it is to take away: it is told once more. */
  isToRepeat: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** When the last one that was sent is over. Never rejects. */
  over: Promise<void>;
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
      underWay: 0,
      isToRepeat: false,
      timer: undefined,
      over: Promise.resolve(),
    };
    this.moves.set(conversationId, moves);
    if (isRepeat && moves.underWay === 0) moves.sent = Math.min(moves.sent, seq - 1);
    moves.isToRepeat ||= isRepeat && moves.underWay > 0;
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

  /** Everything that waits, now: there may be no later. */
  flush(): void {
    for (const [conversationId, moves] of this.moves) this.hurry(conversationId, moves);
  }

  /** Tells what waits there, and resolves when the server has answered, or could not be reached. */
  async settle(conversationId: string): Promise<void> {
    const moves = this.moves.get(conversationId);
    if (!moves) return;
    this.hurry(conversationId, moves);
    await moves.over;
  }

  /** What the server has not confirmed yet: conversations, and how far. */
  untold(): [string, number][] {
    return [...this.moves].flatMap(([conversationId, { sent, wanted }]): [string, number][] =>
      wanted > sent ? [[conversationId, wanted]] : [],
    );
  }

  clear(): void {
    for (const { timer } of this.moves.values()) clearTimeout(timer);
    this.moves.clear();
  }

  private next(conversationId: string, moves: Moves): void {
    if (moves.wanted <= moves.sent || moves.underWay > 0 || moves.timer !== undefined) return;
    if (this.moves.get(conversationId) === moves) this.tell(conversationId, moves);
  }

  private hurry(conversationId: string, moves: Moves): void {
    if (moves.wanted > moves.sent && moves.wanted > moves.underWay) this.tell(conversationId, moves);
  }

  private tell(conversationId: string, moves: Moves): void {
    const seq = moves.wanted;
    moves.underWay = seq;
    moves.isToRepeat = false;
    clearTimeout(moves.timer);
    moves.timer = setTimeout(() => {
      moves.timer = undefined;
      this.next(conversationId, moves);
    }, POINTER_INTERVAL_MS);
    moves.over = this.send(conversationId, seq)
      .then(() => true)
      // Refused for good (not a member any more): not to be told again.
      .catch((error: unknown) => error instanceof ParleyError && !error.retryable)
      .then((isOver) => {
        if (isOver) moves.sent = Math.max(moves.sent, seq);
        // A later one may have been hurried after it.
        if (moves.underWay !== seq) return;
        moves.underWay = 0;
        if (moves.isToRepeat) moves.sent = Math.min(moves.sent, moves.wanted - 1);
        moves.isToRepeat = false;
        this.next(conversationId, moves);
      });
  }
}
