import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Cluster, Redis } from 'ioredis';
import { Config } from '../../config/config.js';
import { Logger } from '../logger/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { accountOf, nodesOf } from '../redis/redis-nodes.js';

/** Redis as BullMQ wants it: commands wait until it is back, since a worker has nothing better to do. */
@Injectable()
export class QueueConnection implements OnApplicationShutdown {
  readonly redis: Redis | Cluster;
  /** Before all keys of the queue. In a cluster they must be on one node, which the braces bring about. */
  readonly prefix: string;

  constructor(config: Config, logger: Logger, metrics: Metrics) {
    const { queuePlace } = config.redis;
    const [url = ''] = queuePlace.urls;
    const retryStrategy = (attempt: number): number => Math.min(100 * attempt, 1_000);
    this.redis = queuePlace.isCluster
      ? new Cluster(nodesOf(queuePlace), {
          clusterRetryStrategy: retryStrategy,
          redisOptions: { maxRetriesPerRequest: null, ...accountOf(queuePlace) },
        })
      : new Redis(url, { maxRetriesPerRequest: null, retryStrategy });
    // As BullMQ calls it by default.
    this.prefix = queuePlace.isCluster ? '{parley}' : 'bull';
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
