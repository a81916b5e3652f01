import { describe, expect, it } from 'vitest';
import { spreadOf } from '../report/spread.js';
import { inRounds, ratios } from './rounds.js';

interface Run {
  subject: string;
  ill: boolean;
}

async function rounds(
  ill: readonly number[],
): Promise<{ order: string[]; done: Awaited<ReturnType<typeof run>> }> {
  const order: string[] = [];
  const run = () =>
    inRounds<Run>({
      rounds: 2,
      spareRounds: 2,
      subjects: ['ours', 'theirs'],
      run: (subject) => {
        order.push(subject);
        return Promise.resolve({ subject, ill: ill.includes(order.length) });
      },
      ailmentsOf: (one) => (one.ill ? ['stolen'] : []),
      onRun: () => undefined,
    });
  return { order, done: await run() };
}

describe('rounds', () => {
  it('let each subject go first in turn', async () => {
    expect((await rounds([])).order).toEqual(['ours', 'theirs', 'theirs', 'ours']);
  });

  it('repeat a void one, keep it for the report, and count it in no ratio', async () => {
    const { done } = await rounds([2]);
    expect(done.map(({ ailments }) => ailments)).toEqual([['theirs: stolen'], [], []]);
    expect(ratios(done, ['ours', 'theirs'], () => 3)).toEqual([1, 1]);
  });

  it('end where all are void', async () => {
    const { done } = await rounds([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(done).toHaveLength(4);
    expect(spreadOf(ratios(done, ['ours', 'theirs'], () => 3))).toBeNull();
  });
});

it('takes the middle, or the mean of the two in the middle', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
});
