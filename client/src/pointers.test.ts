import { POINTER_INTERVAL_MS } from '@parley/protocol/limits';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { noAnswer } from './parley-error.js';
import { Pointers } from './pointers.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('pointers', () => {
  const started = (answerMs = 10) => {
    const told: number[] = [];
    const link = { isUp: true };
    const requireLink = (): void => {
      if (!link.isUp) throw noAnswer('Not connected.');
    };
    const pointers = new Pointers(async (_conversationId, seq) => {
      requireLink();
      told.push(seq);
      await new Promise((resolve) => setTimeout(resolve, answerMs));
      requireLink();
    });
    return { told, link, pointers };
  };

  it('tells the newest once in a while', async () => {
    const { told, pointers } = started();
    for (const seq of [3, 4, 7, 6]) pointers.move('a', seq);
    await vi.advanceTimersByTimeAsync(POINTER_INTERVAL_MS * 3);
    expect(told).toEqual([3, 7]);
  });

  it('tells what waits at once when there may be no later, once', async () => {
    const { told, pointers } = started(5_000);
    pointers.move('a', 3);
    pointers.move('a', 7);
    pointers.move('b', 1);
    pointers.flush();
    pointers.flush();
    expect(told).toEqual([3, 1, 7]);
    expect(pointers.untold()).toEqual([
      ['a', 7],
      ['b', 1],
    ]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(told).toEqual([3, 1, 7]);
    expect(pointers.untold()).toEqual([]);
  });

  it('tells again after a reconnect what was cut', async () => {
    const { told, link, pointers } = started();
    pointers.move('a', 3);
    link.isUp = false;
    await vi.advanceTimersByTimeAsync(POINTER_INTERVAL_MS);
    link.isUp = true;
    pointers.resume();
    await vi.advanceTimersByTimeAsync(10);
    expect(told).toEqual([3, 3]);
  });

  it('settles what waits before something that must come after it', async () => {
    const { told, pointers } = started();
    pointers.move('a', 3);
    pointers.move('a', 7);
    let isSettled = false;
    void pointers.settle('a').then(() => (isSettled = true));
    expect(told).toEqual([3, 7]);
    await vi.advanceTimersByTimeAsync(5);
    expect(isSettled).toBe(false);
    await vi.advanceTimersByTimeAsync(10);
    expect(isSettled).toBe(true);
    await pointers.settle('elsewhere');
  });

  it('repeats a seq that the server knows, also while it is being told', async () => {
    const { told, pointers } = started();
    pointers.move('a', 3);
    pointers.move('a', 3, true);
    await vi.advanceTimersByTimeAsync(POINTER_INTERVAL_MS * 2);
    expect(told).toEqual([3, 3]);
    pointers.move('a', 3);
    await vi.advanceTimersByTimeAsync(POINTER_INTERVAL_MS * 2);
    expect(told).toEqual([3, 3]);
    pointers.move('a', 3, true);
    await vi.advanceTimersByTimeAsync(POINTER_INTERVAL_MS * 2);
    expect(told).toEqual([3, 3, 3]);
  });
});
