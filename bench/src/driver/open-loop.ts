import { monotonicMicros } from '../machine/monotonic.js';

/**
 * Calls `act` at the moments of an even schedule, with the moment that was meant. What is late is done at once and never left
 * out: an open loop does not wait for the one it measures.
 */
export function openLoop(
  perSecond: number,
  durationMs: number,
  act: (index: number, intendedMicros: number) => void,
): Promise<number> {
  const start = monotonicMicros();
  const count = Math.floor((perSecond * durationMs) / 1_000);
  const intended = (index: number): number => Math.round(start + (index * 1_000_000) / perSecond);
  let next = 0;
  return new Promise((resolve) => {
    const step = (): void => {
      while (next < count && intended(next) <= monotonicMicros()) {
        act(next, intended(next));
        next += 1;
      }
      if (next >= count) resolve(count);
      else setTimeout(step, Math.max(0, (intended(next) - monotonicMicros()) / 1_000));
    };
    step();
  });
}
