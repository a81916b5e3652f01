import { describe, expect, it } from 'vitest';
import { ReturnTimes } from './return-times.js';

/** One turn follows the other as fast as that, `turns` times. */
function serve(returns: ReturnTimes, msEach: number, turns: number, start = 0): number {
  let now = start;
  for (let turn = 0; turn < turns; turn += 1) {
    returns.begun(now, true);
    now += msEach;
  }
  return now;
}

describe('when those who can not be let in come back', () => {
  it('is a moment of its own for each, as far apart as turns are', () => {
    const returns = new ReturnTimes();
    const now = serve(returns, 40, 200);
    const times = [1, 2, 3].map(() => returns.next(now, 100));
    const [first = 0, second = 0, third = 0] = times;
    expect(first).toBeGreaterThan(3_900);
    expect(first).toBeLessThan(4_100);
    expect(second - first).toBeCloseTo(40, -1);
    expect(third - second).toBeCloseTo(40, -1);
  });

  it('follows how long turns take, and not how long nobody came', () => {
    const returns = new ReturnTimes();
    let now = serve(returns, 10, 300);
    const before = returns.waitBehind(100);
    expect(before).toBeCloseTo(1_000, -2);
    returns.begun(now, false);
    now += 3_600_000;
    returns.begun(now, true);
    expect(returns.waitBehind(100)).toBeCloseTo(before, -1);
    serve(returns, 60, 300, now);
    expect(returns.waitBehind(100)).toBeCloseTo(6_000, -2);
  });

  it('is never sooner than two seconds, and never later than a minute, however many there are', () => {
    const returns = new ReturnTimes();
    const now = serve(returns, 50, 200);
    const times = Array.from({ length: 10_000 }, () => returns.next(now, 0));
    expect(Math.min(...times)).toBe(2_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(60_000);
    // Where the minute is full it begins anew: every part of it is taken about as often as the others.
    const firstHalf = times.filter((time) => time < 31_000).length;
    expect(firstHalf / times.length).toBeGreaterThan(0.4);
    expect(firstHalf / times.length).toBeLessThan(0.6);
  });
});
