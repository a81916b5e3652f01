import { expect, it } from 'vitest';
import { monotonicMicros } from '../machine/monotonic.js';
import { openLoop } from './open-loop.js';

it('leaves nothing out when it is held up, and tells when each was meant', async () => {
  const intended: number[] = [];
  const started = monotonicMicros();
  const count = await openLoop(100, 200, (index, micros) => {
    intended.push(micros);
    // As a generator that stalls.
    if (index === 2) while (monotonicMicros() - started < 100_000);
  });
  expect(count).toBe(20);
  expect(intended).toHaveLength(20);
  intended.forEach((micros, index) => {
    expect(micros - (intended[0] ?? 0)).toBe(index * 10_000);
  });
});
