import { expect, it } from 'vitest';
import type { MovedPointers, MoveOutcome } from './pointer.store.js';
import { PointerWriter } from './pointer-writer.js';

const MOVE = { userId: 'ada', conversationId: 'c', to: { readSeq: 7, deliveredSeq: null } };
const UNMOVED: MovedPointers = {
  ...{ readSeq: 7, deliveredSeq: 7, unread: 0, memberCount: 2 },
  ...{ changed: false, unmarked: false },
};

/** Answers of PostgreSQL in their order; what the writer told of them. */
function writerOn(answers: (MoveOutcome | Error)[]) {
  const told: string[] = [];
  const writer = new PointerWriter({
    commit: () => {
      const answer = answers.shift();
      return answer === undefined || answer instanceof Error
        ? Promise.reject(answer ?? new Error('asked too often'))
        : Promise.resolve([answer]);
    },
    committed: (_, moved, repeated) => {
      told.push(`committed, changed ${String(moved.changed)}, repeated ${String(repeated)}`);
    },
    inDoubt: () => {
      told.push('in doubt');
    },
    failed: (error) => {
      throw error;
    },
  });
  return { writer, told };
}

it('asks again while another writes the member', async () => {
  const { writer, told } = writerOn(['busy', 'busy', { ...UNMOVED, changed: true }]);
  expect(await writer.write(MOVE)).toMatchObject({ readSeq: 7, changed: true });
  expect(told).toEqual(['committed, changed true, repeated false']);
});

it('tells that a move is in doubt where its answer was lost and its row is then held', async () => {
  const lost = Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
  const { writer, told } = writerOn([lost, 'busy', UNMOVED]);
  expect(await writer.write(MOVE)).toMatchObject({ readSeq: 7 });
  expect(told).toEqual(['in doubt', 'committed, changed false, repeated false']);
});

it('answers null to who is no member', async () => {
  const { writer, told } = writerOn(['not_member']);
  expect(await writer.write(MOVE)).toBeNull();
  expect(told).toEqual([]);
});
