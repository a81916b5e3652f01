import { GroupWriter, WRITE_DEADLINE_MS } from '../infra/database/group-writer.js';
import { unavailable } from '../infra/errors/parley-error.js';
import type { MovedPointers, MoveOutcome, PointerMove } from './pointer.store.js';

/** Many read the same message at about the same moment. Nobody sees this much of a delay, and at most 20 commits a second are left. */
const REST_MS = 50;
/** Who writes a member holds its row for the time of a commit. */
const BUSY_PAUSE_MS = 20;

export interface PointerWriterOptions {
  /** One transaction; outcomes in the order of the moves. Repeating it is harmless: pointers only move forward. */
  readonly commit: (moves: readonly PointerMove[]) => Promise<MoveOutcome[]>;
  /** Called after COMMIT for each. `repeated`: an earlier attempt may have moved what this one found in its place. */
  readonly committed: (move: PointerMove, moved: MovedPointers, repeated: boolean) => void;
  /** An attempt without an answer may have moved it, and the next found the row held: what comes then looks like no move. */
  readonly inDoubt: (move: PointerMove) => void;
  /** Told what `committed` threw. */
  readonly failed: (error: unknown) => void;
}

/** Moves pointers in batches, over one connection: however many people read, those who wait for others find one free. */
export class PointerWriter {
  private readonly writer: GroupWriter<PointerMove, MoveOutcome>;

  constructor({ commit, committed, inDoubt, failed }: PointerWriterOptions) {
    this.writer = new GroupWriter({
      named: 'The position',
      slots: 1,
      restMs: REST_MS,
      queueOf: ({ userId, conversationId }) => `${userId} ${conversationId}`,
      commit,
      committed: (moves, outcomes, repeated) => {
        moves.forEach((move, index) => {
          const outcome = outcomes[index];
          if (typeof outcome === 'object') committed(move, outcome, repeated);
          else if (outcome === 'busy' && repeated) inDoubt(move);
        });
      },
      failed,
    });
  }

  /** `null` for those who are not members. Rejects with UNAVAILABLE within some seconds where it is unknown what happened. */
  async write(move: PointerMove): Promise<MovedPointers | null> {
    const expiresAt = performance.now() + WRITE_DEADLINE_MS;
    for (;;) {
      const outcome = await this.writer.write(move);
      if (outcome === 'not_member') return null;
      if (outcome !== 'busy') return outcome;
      if (performance.now() > expiresAt) throw unavailable('The position could not be stored in time.');
      await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE_MS));
    }
  }
}
