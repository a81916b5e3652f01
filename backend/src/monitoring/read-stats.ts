import type { Stats } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { unavailable } from '../infra/errors/parley-error.js';
import { RedisUnavailableError } from '../infra/redis/redis-cache.js';
import type { InstanceReport } from './stats-registry.js';
import { StatsRegistry } from './stats-registry.js';

/** Figures of the whole installation. While Redis is away there are none, rather than those of this instance alone. */
@Injectable()
export class ReadStats {
  constructor(private readonly registry: StatsRegistry) {}

  async execute(): Promise<Stats> {
    const { instances, onlineUsers } = await this.registry.read().catch((error: unknown) => {
      if (!(error instanceof RedisUnavailableError)) throw error;
      throw unavailable('The figures of all instances can not be read right now.', error);
    });
    return {
      onlineUsers,
      connections: sum(instances, ({ connections }) => connections),
      messagesPerMinute: sum(instances, ({ messagesPerMinute }) => messagesPerMinute),
      instances: instances.map(({ id, version, connections, startedAt }) => ({
        id,
        version,
        connections,
        startedAt,
      })),
    };
  }
}

function sum(instances: readonly InstanceReport[], figure: (instance: InstanceReport) => number): number {
  return instances.reduce((total, instance) => total + figure(instance), 0);
}
