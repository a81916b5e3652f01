import { describe, expect, it } from 'vitest';
import { judgeIdle, judgeOperation, leastOf } from './judge.js';

const counted = (counts: Record<string, number>): Map<string, number> => new Map(Object.entries(counts));
const verdicts = (findings: { what: string; passed: boolean }[]): Record<string, boolean> =>
  Object.fromEntries(findings.map(({ what, passed }) => [what, passed]));

describe('an operation', () => {
  const costs = { query: { count: 1, because: 'it must' }, frame: { count: 20, because: 'one each' } };

  it('passes where it costs exactly what stands there', () => {
    const findings = judgeOperation('send', costs, counted({ query: 10, frame: 200 }), 10);
    expect(verdicts(findings)).toEqual({ query: true, frame: true });
  });

  it('fails where it costs more, less, or something that nobody has named', () => {
    const findings = judgeOperation('send', costs, counted({ query: 11, frame: 199, other: 1 }), 10);
    expect(verdicts(findings)).toEqual({ query: false, frame: false, other: false });
  });

  it('is not charged for what happens beside it now and then', () => {
    const least = leastOf([counted({ query: 10, sweep: 1 }), counted({ query: 10 }), counted({ query: 12 })]);
    expect(Object.fromEntries(least)).toEqual({ query: 10, sweep: 0 });
  });
});

describe('an idle server', () => {
  const recurring = { sweep: [{ everyMs: 2_000, each: 1, because: 'it must' }] };

  it.each([
    [10, true],
    [11, true],
    [8, false],
    [13, false],
  ])('may sweep every 2 s or a little sooner: %i in 20 s', (sweeps, passed) => {
    expect(verdicts(judgeIdle('idle', recurring, counted({ sweep: sweeps }), 20_000))).toEqual({
      sweep: passed,
    });
  });

  it('does nothing else', () => {
    expect(verdicts(judgeIdle('idle', recurring, counted({ sweep: 10, other: 1 }), 20_000))).toEqual({
      sweep: true,
      other: false,
    });
  });
});
