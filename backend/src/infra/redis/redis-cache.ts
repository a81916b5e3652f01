import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { DeadlineError, withDeadline } from '../errors/with-deadline.js';
import { REDIS_DEADLINE_MS, RedisConnections } from './redis-connections.js';

/** After a timeout nobody waits for Redis during this time: a stall must not add its deadline to every request. */
const REST_AFTER_TIMEOUT_MS = 1_000;

/** Several commands in one round trip. */
export type RedisPipeline = ReturnType<Redis['pipeline']>;

/** Redis did not answer; the caller goes on without it. */
export class RedisUnavailableError extends Error {
  constructor(what: string, cause?: unknown) {
    super(`Redis did not answer: ${what}`, { cause });
    this.name = 'RedisUnavailableError';
  }
}

/** The way for request paths to use Redis: bounded in time, and refused at once while it is known to be down. */
@Injectable()
export class RedisCache {
  private restUntil = 0;

  constructor(private readonly connections: RedisConnections) {}

  /** Rejects with `RedisUnavailableError` within 250 ms. Other rejections are the work's own. */
  async run<T>(what: string, work: (client: Redis) => Promise<T>): Promise<T> {
    const client = this.connections.cache;
    if (client.status !== 'ready' || Date.now() < this.restUntil) throw new RedisUnavailableError(what);
    try {
      return await withDeadline(work(client), REDIS_DEADLINE_MS, what);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (error instanceof DeadlineError) {
        this.restUntil = Date.now() + REST_AFTER_TIMEOUT_MS;
      }
      throw new RedisUnavailableError(what, error);
    }
  }

  /** Milliseconds of one round trip, past the rest after a timeout: for health checks. */
  async ping(): Promise<number> {
    const started = performance.now();
    await withDeadline(this.connections.cache.ping(), REDIS_DEADLINE_MS, 'ping');
    return performance.now() - started;
  }
}
