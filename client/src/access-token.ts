import type { AccessToken } from '@parley/protocol';

/** An access token, on the clock of `performance.now()`, which no change of the wall clock moves. */
export interface Lease {
  readonly token: string;
  /** From then on it is renewed ahead of need. */
  readonly renewAt: number;
  /** From then on nothing is begun with it, so that no request meets its end on the way. */
  readonly usableUntil: number;
}

/** A token is renewed this long before it ends, or in the last quarter of its life where that is shorter. */
const RENEW_BEFORE_MS = 60_000;

export function leaseOf({ accessToken, expiresIn }: AccessToken): Lease {
  const now = performance.now();
  const lifeMs = expiresIn * 1_000;
  const margin = Math.min(RENEW_BEFORE_MS, lifeMs / 4);
  return { token: accessToken, renewAt: now + lifeMs - margin, usableUntil: now + lifeMs - margin / 2 };
}

const LOCK = 'parley-refresh';
/** A tab that was frozen in the middle must not hold up the others for longer. */
const LOCK_PATIENCE_MS = 5_000;

/**
 * Of all tabs one renews at a time: the cookie that the answer rotates is shared by them. Where there are no locks,
 * or one is held too long, the server's own patience with a token just replaced has to do.
 */
export async function oneTabAtATime<T>(work: () => Promise<T>): Promise<T> {
  if (typeof navigator === 'undefined' || typeof document === 'undefined' || !('locks' in navigator))
    return work();
  let begun: Promise<T> | undefined;
  try {
    await navigator.locks.request(LOCK, { signal: AbortSignal.timeout(LOCK_PATIENCE_MS) }, async () => {
      begun = work();
      await begun.catch(() => undefined);
    });
  } catch {
    // Held for too long.
  }
  return begun ?? work();
}
