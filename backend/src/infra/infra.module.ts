import { Global, Module } from '@nestjs/common';
import { DatabaseModule } from './database/database.module.js';
import { Dependencies } from './health/dependencies.js';
import { ErrorFilter } from './http/error-filter.js';
import { Instance } from './instance.js';
import { EventLoopLoad } from './load/event-loop-load.js';
import { LogLevels } from './logger/log-levels.js';
import { Logger } from './logger/logger.js';
import { Metrics } from './metrics/metrics.js';
import { RateLimits } from './rate-limits/rate-limits.js';
import { BusChannels } from './redis/bus-channels.js';
import { RedisCache } from './redis/redis-cache.js';
import { RedisConnections } from './redis/redis-connections.js';
import { ObjectStore } from './s3/object-store.js';

const PROVIDERS = [
  BusChannels,
  Dependencies,
  ErrorFilter,
  EventLoopLoad,
  Instance,
  LogLevels,
  Logger,
  Metrics,
  ObjectStore,
  RateLimits,
  RedisCache,
  RedisConnections,
];

/** Everything technical, wired once. It knows no feature. */
@Global()
@Module({ imports: [DatabaseModule], providers: PROVIDERS, exports: PROVIDERS })
export class InfraModule {
  constructor(dependencies: Dependencies, cache: RedisCache, store: ObjectStore) {
    dependencies.add({ name: 'redis', required: false, ping: () => cache.ping() });
    dependencies.add({ name: 's3', required: false, ping: () => store.ping() });
  }
}
