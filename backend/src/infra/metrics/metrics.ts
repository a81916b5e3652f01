import { Injectable } from '@nestjs/common';
import { ERROR_STATUS } from '@parley/protocol';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { DURATION_BUCKETS } from './buckets.js';
import { DatabaseMetrics } from './database-metrics.js';
import { DeliveryMetrics } from './delivery-metrics.js';
import { preset } from './preset.js';
import { ProcessMetrics } from './process-metrics.js';
import { RedisMetrics } from './redis-metrics.js';
import { SocketMetrics } from './socket-metrics.js';

/** Why an upgrade is refused before there is a handshake. */
export const UPGRADE_REFUSALS = ['draining', 'full', 'overloaded', 'handshakes', 'address'] as const;
export type UpgradeRefusalReason = (typeof UPGRADE_REFUSALS)[number];

/** Registry of this process. One an application, so that two in one test process do not collide. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  readonly process = new ProcessMetrics(this.registry);
  readonly sockets = new SocketMetrics(this.registry);
  readonly delivery = new DeliveryMetrics(this.registry);
  readonly database = new DatabaseMetrics(this.registry);
  readonly redis = new RedisMetrics(this.registry);

  readonly httpDuration = new Histogram({
    name: 'parley_http_request_duration_seconds',
    help: 'REST requests by route and status.',
    labelNames: ['route', 'status'] as const,
    buckets: DURATION_BUCKETS,
    registers: [this.registry],
  });
  readonly commandDuration = new Histogram({
    name: 'parley_command_duration_seconds',
    help: 'Socket commands from arrival to ack, by command and outcome (ok or the error code).',
    labelNames: ['command', 'outcome'] as const,
    buckets: DURATION_BUCKETS,
    registers: [this.registry],
  });
  readonly dependencyUp = new Gauge({
    name: 'parley_dependency_up',
    help: '1 where this process could use it when its readiness was asked for the last time, by dependency.',
    labelNames: ['dependency'] as const,
    registers: [this.registry],
  });
  readonly connections = new Gauge({
    name: 'parley_connections',
    help: 'Sockets that are connected to this instance.',
    registers: [this.registry],
  });
  readonly messagesPerFrame = new Histogram({
    name: 'parley_messages_per_frame',
    help: 'Messages that one frame to a conversation carries: above 1 in busy conversations.',
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers: [this.registry],
  });
  readonly bufferedBytes = new Gauge({
    name: 'parley_buffered_bytes',
    help: 'Bytes that wait in this process for sockets to read them.',
    registers: [this.registry],
  });
  readonly slowReadersCut = new Counter({
    name: 'parley_slow_readers_cut_total',
    help: 'Sockets cut since more than 1 MiB waited for them, or since too much waited for all and most of it for them.',
    registers: [this.registry],
  });
  readonly handshakesRefused = new Counter({
    name: 'parley_handshakes_refused_total',
    help: 'Socket handshakes refused, by reason.',
    labelNames: ['reason'] as const,
    registers: [this.registry],
  });
  readonly floodsCut = new Counter({
    name: 'parley_floods_cut_total',
    help: 'Connections cut since they sent more than anybody may, by what: packets, bytes, handshakes.',
    labelNames: ['what'] as const,
    registers: [this.registry],
  });
  readonly loadLevel = new Gauge({
    name: 'parley_load_level',
    help: 'By the lateness of the event loop. 1: typing is left out and presence waits; 2: new connections are refused.',
    registers: [this.registry],
  });
  readonly busReceived = new Counter({
    name: 'parley_bus_messages_total',
    help: 'Messages of other instances, by use: delivered to somebody here, or wasted on nobody.',
    labelNames: ['use'] as const,
    registers: [this.registry],
  });
  readonly busDropped = new Counter({
    name: 'parley_bus_publishes_dropped_total',
    help: 'Events that were not handed to other instances (Redis down or too slow). They are repaired from PostgreSQL.',
    registers: [this.registry],
  });
  readonly busDoubted = new Gauge({
    name: 'parley_bus_doubted',
    help: '1 while events of other instances may not arrive here: pointers and settings are read from PostgreSQL.',
    registers: [this.registry],
  });
  readonly membershipChecks = new Counter({
    name: 'parley_membership_checks_total',
    help: 'Members read before a frame was delivered, since a removal was not applied here yet.',
    registers: [this.registry],
  });
  readonly framesWithheld = new Counter({
    name: 'parley_frames_withheld_total',
    help: 'Frames not delivered, since the members could not be read. They are repaired from PostgreSQL.',
    registers: [this.registry],
  });
  readonly databaseErrors = new Counter({
    name: 'parley_database_errors_total',
    help: 'Connections to PostgreSQL that broke while they were idle.',
    registers: [this.registry],
  });
  readonly redisErrors = new Counter({
    name: 'parley_redis_errors_total',
    help: 'Errors of the Redis connections, by connection.',
    labelNames: ['connection'] as const,
    registers: [this.registry],
  });
  readonly cacheUses = new Counter({
    name: 'parley_cache_uses_total',
    help: 'Uses of a cache in Redis: hit, miss (read from PostgreSQL), shared (waited for another reader), refill, error.',
    labelNames: ['cache', 'outcome'] as const,
    registers: [this.registry],
  });
  readonly limitFallbacks = new Counter({
    name: 'parley_rate_limit_fallbacks_total',
    help: 'Limits counted on this instance alone since Redis did not answer in time.',
    registers: [this.registry],
  });
  readonly limitsHit = new Counter({
    name: 'parley_rate_limits_hit_total',
    help: 'Refusals with RATE_LIMITED, by limit.',
    labelNames: ['limit'] as const,
    registers: [this.registry],
  });
  readonly unhandledRejections = new Counter({
    name: 'parley_unhandled_rejections_total',
    help: 'Promises that nobody awaited and that failed. Above 0 is a fault in the program.',
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    preset(this.handshakesRefused, 'reason', [...UPGRADE_REFUSALS, ...Object.keys(ERROR_STATUS)]);
    preset(this.floodsCut, 'what', ['packets', 'bytes', 'handshakes']);
    preset(this.busReceived, 'use', ['delivered', 'wasted']);
    preset(this.redisErrors, 'connection', ['cache', 'bus-publish', 'bus-subscribe', 'queue']);
    preset(this.cacheUses, 'outcome', ['hit', 'miss', 'shared', 'refill', 'error'], { cache: 'newest_page' });
  }
}
