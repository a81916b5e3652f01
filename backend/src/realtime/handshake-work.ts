import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { ParleyError } from '../infra/errors/parley-error.js';

/** Clients told to wait come back after this time and their own random one. */
const RETRY_AFTER_MS = 2_000;

interface Waiting {
  readonly expiresAt: number;
  readonly start: () => void;
  readonly refuse: () => void;
}

/**
 * Bounds what handshakes read at once: when everybody comes back, those who are in already must still find a
 * connection to PostgreSQL. What waits too long, or finds too many waiting, is UNAVAILABLE with a time to come back.
 */
@Injectable()
export class HandshakeWork {
  private readonly atOnce: number;
  private readonly waitingMax: number;
  private readonly waiting: Waiting[] = [];
  private running = 0;

  constructor(config: Config) {
    // The other half of the pool is for those who are connected.
    this.atOnce = Math.max(1, Math.floor(config.database.poolSize / 2));
    this.waitingMax = config.socket.handshakesAtOnce;
  }

  /** `waitMs`: after this time nobody waits for the result any more, and the work is not begun. */
  run<T>(work: () => Promise<T>, waitMs: number): Promise<T> {
    if (this.running < this.atOnce) return this.begin(work);
    if (this.waiting.length >= this.waitingMax) return Promise.reject(tooMany());
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({
        expiresAt: performance.now() + waitMs,
        start: () => {
          this.begin(work).then(resolve, reject);
        },
        refuse: () => {
          reject(tooMany());
        },
      });
    });
  }

  private async begin<T>(work: () => Promise<T>): Promise<T> {
    this.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
      this.beginNext();
    }
  }

  private beginNext(): void {
    while (this.running < this.atOnce) {
      const next = this.waiting.shift();
      if (!next) return;
      if (next.expiresAt > performance.now()) next.start();
      else next.refuse();
    }
  }
}

function tooMany(): ParleyError {
  return new ParleyError('UNAVAILABLE', 'Too many people are connecting. Please try again.', {
    retryAfterMs: RETRY_AFTER_MS,
  });
}
