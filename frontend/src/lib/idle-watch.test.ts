import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IdleWatch } from './idle-watch.js';

const MINUTE = 60_000;

describe('whether somebody is at the device', () => {
  let told: string[];
  let watch: IdleWatch;

  beforeEach(() => {
    vi.useFakeTimers();
    told = [];
    watch = new IdleWatch((status) => told.push(status));
    watch.active();
  });
  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
  });

  it('is away five minutes after the last input, and said once', () => {
    vi.advanceTimersByTime(4 * MINUTE);
    watch.active();
    vi.advanceTimersByTime(5 * MINUTE - 1);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual(['away']);
    vi.advanceTimersByTime(60 * MINUTE);
    expect(told).toEqual(['away']);
  });

  it('is back at the first input, and can leave again', () => {
    vi.advanceTimersByTime(5 * MINUTE);
    watch.active();
    watch.active();
    expect(told).toEqual(['away', 'online']);
    vi.advanceTimersByTime(5 * MINUTE);
    expect(told).toEqual(['away', 'online', 'away']);
  });

  it('leaves nothing behind when nobody is signed in any more', () => {
    vi.advanceTimersByTime(5 * MINUTE);
    watch.stop();
    expect(told).toEqual(['away', 'online']);
    vi.advanceTimersByTime(60 * MINUTE);
    expect(told).toEqual(['away', 'online']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
