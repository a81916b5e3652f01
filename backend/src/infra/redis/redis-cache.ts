import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { DeadlineError, withDeadline } from '../errors/with-deadline.js';
import { Metrics } from '../metrics/metrics.js';
import type { RedisUse } from '../metrics/redis-metrics.js';
import { REDIS_DEADLINE_MS, RedisConnections } from './redis-connections.js';

/** After a timeout nobody waits for Redis during this time: a stall must not add its deadline to every request. */
const REST_AFTER_TIMEOUT_MS = 1_000;

/** Several commands in one round trip. */
export type RedisPipeline = ReturnType<Redis['pipeline']>;

/** Redis did not answer; the caller goes on without it. */
export class RedisUnavailableError extends Error {
  constructor(use: RedisUse, cause?: unknown) {
    super(`Redis did not answer: ${use}`, { cause });
    this.name = 'RedisUnavailableError';
  }
}

/** The way for request paths to use Redis: bounded in time, and refused at once while it is known to be down. */
@Injectable()
export class RedisCache {
  private restUntil = 0;

  constructor(
    private readonly connections: RedisConnections,
    private readonly metrics: Metrics,
  ) {}

  /** Rejects with `RedisUnavailableError` within 250 ms. Other rejections are the work's own. */
  async run<T>(use: RedisUse, work: (client: Redis) => Promise<T>): Promise<T> {
    const client = this.connections.cache;
    const { callDuration, callFailures } = this.metrics.redis;
    if (client.status !== 'ready' || Date.now() < this.restUntil) {
      callFailures.inc({ use });
      throw new RedisUnavailableError(use);
    }
    const started = performance.now();
    try {
      return await withDeadline(work(client), REDIS_DEADLINE_MS, use);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      callFailures.inc({ use });
      if (error instanceof DeadlineError) {
        this.restUntil = Date.now() + REST_AFTER_TIMEOUT_MS;
      }
      throw new RedisUnavailableError(use, error);
    } finally {
      callDuration.observe({ use }, (performance.now() - started) / 1_000);
    }
  }

  /** Milliseconds of one round trip, past the rest after a timeout: for health checks. */
  async ping(): Promise<number> {
    const started = performance.now();
    await withDeadline(this.connections.cache.ping(), REDIS_DEADLINE_MS, 'ping');
    return performance.now() - started;
  }
}
