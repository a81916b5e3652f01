import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { ParleyError, unavailable } from '../infra/errors/parley-error.js';
import { ReturnTimes } from './return-times.js';

/** The three readings of who connects, the last first: who has begun is let through before others begin. */
const STAGES = ['sync', 'rooms', 'token'] as const;
export type ConnectStage = (typeof STAGES)[number];

/** Who would wait longer for the first reading is sent away at once: clients give up after 10 s, which the rest has to fit into. */
const WAIT_MAX_MS = 5_000;

const RETRY_OF_THOSE_IN_MS = 1_000;

interface Waiting {
  readonly expiresAt: number;
  readonly isWanted: () => boolean;
  readonly start: () => void;
  readonly refuse: (error: ParleyError) => void;
}

/** Who waits for a reading, and how long anybody does. */
export interface Patience {
  /** After this time nobody waits for the result any more, and the work is not begun. Milliseconds. */
  readonly waitMs: number;
  /** Whether the connection is still there. */
  readonly isWanted: () => boolean;
}

/**
 * Bounds what those who connect read at once: when everybody comes back, those who are in already must still find a
 * connection to PostgreSQL. What waits too long, or would, is UNAVAILABLE with a time to come back.
 */
@Injectable()
export class ConnectWork {
  private readonly atOnce: number;
  private readonly waiting = new Map<ConnectStage, Waiting[]>(STAGES.map((stage) => [stage, []]));
  private readonly returns = new ReturnTimes();
  private running = 0;

  constructor(config: Config) {
    // The other half of the pool is for those who are connected.
    this.atOnce = Math.max(1, Math.floor(config.database.poolSize / 2));
  }

  run<T>(stage: ConnectStage, work: () => Promise<T>, { waitMs, isWanted }: Patience): Promise<T> {
    if (this.running < this.atOnce) {
      this.noteBegun(stage);
      return this.begin(work);
    }
    const queue = this.queueOf(stage);
    if (stage === 'token' && this.returns.waitBehind(queue.length) > WAIT_MAX_MS)
      return Promise.reject(this.tooMany(stage));
    return new Promise<T>((resolve, reject) => {
      queue.push({
        expiresAt: performance.now() + waitMs,
        isWanted,
        start: () => {
          this.noteBegun(stage);
          this.begin(work).then(resolve, reject);
        },
        refuse: reject,
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
    for (const stage of STAGES) {
      const queue = this.queueOf(stage);
      while (this.running < this.atOnce) {
        const next = queue.shift();
        if (!next) break;
        // Nobody comes back at a time that is told to a connection that is gone.
        if (!next.isWanted()) next.refuse(unavailable('The connection was closed.'));
        else if (next.expiresAt < performance.now()) next.refuse(this.tooMany(stage));
        else next.start();
      }
    }
  }

  private noteBegun(stage: ConnectStage): void {
    if (stage === 'token') this.returns.begun(performance.now(), this.queueOf('token').length > 0);
  }

  private queueOf(stage: ConnectStage): Waiting[] {
    return this.waiting.get(stage) ?? [];
  }

  /** Whoever is in already tries again soon: those stages are served first. */
  private tooMany(stage: ConnectStage): ParleyError {
    return new ParleyError('UNAVAILABLE', 'Too many people are connecting. Please try again.', {
      retryAfterMs:
        stage === 'token'
          ? this.returns.next(performance.now(), this.queueOf(stage).length)
          : RETRY_OF_THOSE_IN_MS,
    });
  }
}
