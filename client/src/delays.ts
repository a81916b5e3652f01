/** Waiting, always with jitter: many clients that lost the same server must not come back in the same instant. */

const RECONNECT_CEILING_MS = 10_000;
const RECONNECT_BASE_MS = 1_000;

/** Full jitter: a random part of a ceiling that doubles with each attempt. `attempt` counts from 0. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(RECONNECT_CEILING_MS, RECONNECT_BASE_MS * 2 ** Math.min(attempt, 20));
}

export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
