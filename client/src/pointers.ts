import { POINTER_INTERVAL_MS } from '@parley/protocol/limits';

interface Moves {
  sent: number;
  wanted: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Tells the server how far somebody has got, at most once in a while for each conversation: the newest word counts. */
export class Pointers {
  private readonly moves = new Map<string, Moves>();

  /** `send` resolves when the server has taken it; what fails is told again with the next connection. */
  constructor(private readonly send: (conversationId: string, seq: number) => Promise<void>) {}

  move(conversationId: string, seq: number): void {
    const moves = this.moves.get(conversationId) ?? { sent: 0, wanted: 0, timer: undefined };
    this.moves.set(conversationId, moves);
    if (seq <= moves.wanted) return;
    moves.wanted = seq;
    if (moves.timer === undefined) this.flush(conversationId, moves);
  }

  /** After a reconnect: what could not be told. */
  resume(): void {
    for (const [conversationId, moves] of this.moves) {
      if (moves.wanted > moves.sent && moves.timer === undefined) this.flush(conversationId, moves);
    }
  }

  clear(): void {
    for (const { timer } of this.moves.values()) clearTimeout(timer);
    this.moves.clear();
  }

  private flush(conversationId: string, moves: Moves): void {
    const seq = moves.wanted;
    moves.timer = setTimeout(() => {
      moves.timer = undefined;
      if (moves.wanted > moves.sent && moves.wanted > seq) this.flush(conversationId, moves);
    }, POINTER_INTERVAL_MS);
    void this.send(conversationId, seq)
      .then(() => {
        moves.sent = Math.max(moves.sent, seq);
      })
      .catch(() => undefined);
  }
}
