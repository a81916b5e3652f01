import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Config } from '../../config/config.js';
import { Logger } from '../logger/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { BusPublisher } from './bus-publisher.js';
import { ClusterClient } from './cluster-client.js';
import { withSubscriptionsThatNeverReject } from './never-rejecting.js';
import { anyNodeOf } from './redis-nodes.js';

type ConnectionName = 'cache' | 'bus-publish' | 'bus-subscribe';

/** No request waits longer than this for Redis; it goes on with PostgreSQL or with a local limiter. */
export const REDIS_DEADLINE_MS = 250;
/** Reconnects quickly, since Redis restarts in about a second, and never gives up. */
const RECONNECT_MAX_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;

const COMMON_OPTIONS = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  retryStrategy: (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 5), RECONNECT_MAX_MS),
};

/**
 * The connections of this process, each for one purpose, so that a slow one does not hold up the others.
 * Connecting happens in the background: an instance starts, and works, without Redis.
 */
@Injectable()
export class RedisConnections implements OnApplicationShutdown {
  /** A cluster's client stands in where Redis is one: it does what is done here with single keys and pipelines. */
  readonly cache: Redis;
  readonly busPublisher: BusPublisher;
  readonly busSubscriber: Redis;
  private readonly lastLogged = new Map<ConnectionName, number>();

  constructor(
    config: Config,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    const { place } = config.redis;
    const [url = ''] = place.urls;
    // A command that can not be sent now is answered with an error now. How long one is waited for is up to `RedisCache`:
    // the timer of ioredis would call our own pause an outage.
    const cache = place.isCluster
      ? (new ClusterClient(place, COMMON_OPTIONS) as unknown as Redis)
      : new Redis(url, { ...COMMON_OPTIONS, enableOfflineQueue: false, maxRetriesPerRequest: 0 });
    this.cache = this.watched('cache', cache);
    // The bus of a cluster: any node, one connection each way (docs/decisions/0024).
    const busOptions = place.isCluster ? { ...COMMON_OPTIONS, Connector: anyNodeOf(place) } : COMMON_OPTIONS;
    this.busPublisher = this.watched(
      'bus-publish',
      new BusPublisher(url, busOptions, () => {
        metrics.busDropped.inc();
      }),
    );
    this.busSubscriber = this.watched(
      'bus-subscribe',
      // null: a subscription asked for while Redis is down is kept until it is there, instead of rejected.
      withSubscriptionsThatNeverReject(new Redis(url, { ...busOptions, maxRetriesPerRequest: null })),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    for (const client of [this.cache, this.busPublisher, this.busSubscriber]) client.disconnect();
    await Promise.resolve();
  }

  /** Without an `error` listener ioredis ends the process. Repeats are counted, not logged. */
  private watched<T extends Redis>(name: ConnectionName, client: T): T {
    client.on('error', (error: Error) => {
      this.metrics.redisErrors.inc({ connection: name });
      const now = Date.now();
      if (now - (this.lastLogged.get(name) ?? 0) < 10_000) return;
      this.lastLogged.set(name, now);
      this.logger.warn(`Redis (${name}): ${error.message}`);
    });
    return client;
  }
}
