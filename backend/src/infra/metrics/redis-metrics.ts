import type { Registry } from 'prom-client';
import { Counter, Histogram } from 'prom-client';
import { DEPENDENCY_BUCKETS } from './buckets.js';
import { preset } from './preset.js';

/** What the cache connection is asked for. */
export const REDIS_USES = ['presence', 'rate_limit', 'typing', 'pages', 'stats', 'log_level'] as const;
export type RedisUse = (typeof REDIS_USES)[number];

/** Redis as this process meets it: the cache, and the bus between instances. */
export class RedisMetrics {
  readonly callDuration: Histogram<'use'>;
  readonly callFailures: Counter<'use'>;
  readonly busRoundTrip: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.callDuration = new Histogram({
      name: 'parley_redis_call_duration_seconds',
      help: 'Calls of the cache from sending to the answer or the deadline, by use.',
      labelNames: ['use'] as const,
      buckets: DEPENDENCY_BUCKETS,
      registers,
    });
    this.callFailures = new Counter({
      name: 'parley_redis_call_failures_total',
      help: 'Calls of the cache without an answer in time, or not made while it is known to be away, by use.',
      labelNames: ['use'] as const,
      registers,
    });
    this.busRoundTrip = new Histogram({
      name: 'parley_bus_round_trip_seconds',
      help: "This instance's own pulse, from publishing it to hearing it.",
      buckets: DEPENDENCY_BUCKETS,
      registers,
    });
    preset(this.callDuration, 'use', REDIS_USES);
    preset(this.callFailures, 'use', REDIS_USES);
  }
}
