import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CountNews } from './window-counts.js';
import { WindowCounts } from './window-counts.js';

const LIMIT = { name: 'limit', amount: 100, windowMs: 60_000 };

describe('counts in windows', () => {
  let shared: Map<string, number>;
  let calls: number;
  let isAway: boolean;
  let untold: number;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.setSystemTime(1_700_000_000_000);
    shared = new Map();
    calls = 0;
    isAway = false;
    untold = 0;
    // Each key has windows of its own; the tests begin where one of this person begins.
    vi.setSystemTime(Date.now() + instance().count(LIMIT, 'anna').resetMs);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const instance = (): WindowCounts =>
    new WindowCounts(
      (news: readonly CountNews[]) => {
        calls += 1;
        if (isAway) return Promise.reject(new Error('away'));
        for (const { key, delta } of news) shared.set(key, (shared.get(key) ?? 0) + delta);
        return Promise.resolve(news.map(({ key }) => shared.get(key) ?? 0));
      },
      () => {
        untold += 1;
      },
    );

  function countTimes(counts: WindowCounts, times: number, key = 'anna'): number {
    let used = 0;
    for (let index = 0; index < times; index += 1) used = counts.count(LIMIT, key).used;
    return used;
  }

  it('asks nobody about those who use little', async () => {
    const one = instance();
    countTimes(one, 10);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(calls).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('learns within a second or two what the others counted, for everybody in one call', async () => {
    const one = instance();
    const other = instance();
    countTimes(one, 60);
    countTimes(one, 70, 'bob');
    countTimes(other, 50);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(calls).toBe(2);
    countTimes(one, 1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(countTimes(one, 1)).toBe(112);
    expect(countTimes(other, 1)).toBe(111);
  });

  it('lets through at most the amount, a tenth for each other instance, and a second', async () => {
    const instances = Array.from({ length: 4 }, instance);
    let passed = 0;
    for (let second = 0; second < 50; second += 1) {
      for (const counts of instances) if (counts.count(LIMIT, 'anna').used <= LIMIT.amount) passed += 1;
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(passed).toBeGreaterThanOrEqual(100);
    expect(passed).toBeLessThanOrEqual(100 + 3 * 10 + 4 * 2);
  });

  it('goes on alone while the others can not be told, and with the next window anew', async () => {
    const one = instance();
    isAway = true;
    countTimes(one, 60);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(untold).toBe(1);
    expect(countTimes(one, 60)).toBe(120);
    isAway = false;
    await vi.advanceTimersByTimeAsync(60_000);
    const { used, resetMs } = one.count(LIMIT, 'anna');
    expect(used).toBe(1);
    expect(resetMs).toBeGreaterThan(0);
    expect(resetMs).toBeLessThanOrEqual(60_000);
  });
});
