import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Config } from '../../config/config.js';
import { Logger } from '../logger/logger.js';
import { Metrics } from '../metrics/metrics.js';

/** Redis as BullMQ wants it: commands wait until it is back, since a worker has nothing better to do. */
@Injectable()
export class QueueConnection implements OnApplicationShutdown {
  readonly redis: Redis;

  constructor(config: Config, logger: Logger, metrics: Metrics) {
    this.redis = new Redis(config.redis.queueUrl, {
      maxRetriesPerRequest: null,
      retryStrategy: (attempt) => Math.min(100 * attempt, 1_000),
    });
    this.redis.on('error', (error: Error) => {
      metrics.redisErrors.inc({ connection: 'queue' });
      logger.debug(`Redis (queue): ${error.message}`);
    });
  }

  async ping(): Promise<number> {
    const started = performance.now();
    // Asked while it is not connected, it would wait for as long as that takes.
    if (this.redis.status !== 'ready') throw new Error('The queue is not connected');
    await this.redis.ping();
    return performance.now() - started;
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }
}
