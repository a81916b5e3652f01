import type { ErrorObject } from '@parley/protocol';
import { backoffMs } from './delays.js';

export interface Pause {
  /** Milliseconds since 1970. */
  readonly until: number;
  readonly reason: ErrorObject;
}

/** When the queue may try again: after a failure each conversation waits for itself, after a limit all of them do. */
export class SendPacing {
  private readonly attempts = new Map<string, number>();
  private readonly notBefore = new Map<string, number>();
  private held: Pause | null = null;

  /** What holds all of the queue at `now`; `null` where nothing does. */
  pauseAt(now: number): Pause | null {
    if (this.held && this.held.until <= now) this.held = null;
    return this.held;
  }

  /** When the conversation may be tried; 0 for at once. */
  notBeforeOf(conversationId: string): number {
    return this.notBefore.get(conversationId) ?? 0;
  }

  succeeded(conversationId: string): void {
    this.attempts.delete(conversationId);
    this.notBefore.delete(conversationId);
  }

  /** A retryable failure. */
  failed(conversationId: string, error: ErrorObject, now: number): void {
    const attempt = this.attempts.get(conversationId) ?? 0;
    this.attempts.set(conversationId, attempt + 1);
    const until = now + Math.max(error.retryAfterMs ?? 0, backoffMs(attempt));
    this.notBefore.set(conversationId, until);
    // Both tell about the server or the person, not about one conversation.
    const isForAll = error.code === 'RATE_LIMITED' || error.code === 'UNAVAILABLE';
    if (isForAll && error.retryAfterMs !== undefined && until > (this.held?.until ?? 0))
      this.held = { until, reason: error };
  }

  /** A new connection is a new chance: only the server's own word to wait outlasts it. */
  reconnected(): void {
    this.attempts.clear();
    this.notBefore.clear();
  }
}
