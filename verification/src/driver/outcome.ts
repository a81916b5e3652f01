import type { ErrorObject } from '@parley/protocol';

/** What became of a request: `unknown` is neither success nor failure, and is never dropped. */
export type Outcome<T> =
  | { kind: 'ok'; data: T; status: number }
  | { kind: 'refused'; code: string; error: ErrorObject }
  | { kind: 'unknown'; why: string; retryAfterMs: number };

export function outcomeOfError(error: ErrorObject): Outcome<never> {
  if (!error.retryable) return { kind: 'refused', code: error.code, error };
  return { kind: 'unknown', why: error.code, retryAfterMs: error.retryAfterMs ?? 0 };
}

export function unknown(why: string): Outcome<never> {
  return { kind: 'unknown', why, retryAfterMs: 0 };
}

/** Codes that a fresh access token may mend; nothing was stored, and the same request may be sent again. */
export function needsToken(outcome: Outcome<unknown>): boolean {
  return (
    outcome.kind === 'refused' && (outcome.code === 'TOKEN_EXPIRED' || outcome.code === 'UNAUTHENTICATED')
  );
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
