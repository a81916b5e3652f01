import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { DeadlineError, withDeadline } from './with-deadline.js';

describe('a deadline', () => {
  it('takes an answer that arrived while the event loop stood still', async () => {
    // Answered by another thread; what it said is read only after the pause, and after the timer.
    const answer = withDeadline(stat('.'), 10, 'stat');
    const until = performance.now() + 100;
    while (performance.now() < until);
    expect((await answer).isDirectory()).toBe(true);
  });

  it('rejects what has not come', async () => {
    const never = new Promise(() => undefined);
    await expect(withDeadline(never, 10, 'nothing')).rejects.toThrow(DeadlineError);
  });
});
