import type { Presence, PresenceStatus } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Instance } from '../infra/instance.js';
import type { RedisPipeline } from '../infra/redis/redis-cache.js';
import { RedisCache } from '../infra/redis/redis-cache.js';

/** A lease outlives two missed beats; with the beat and the watchers' look it stays below the 30 s of G8. */
export const LEASE_MS = 22_000;
/** When somebody was last seen is remembered for this long. */
const REMEMBERED_MS = 30 * 86_400_000;
const SEEN = 'seen';
/** Commands in one round trip, which has 250 ms. */
const AT_ONCE = 500;

export type LiveStatus = 'online' | 'away';

/**
 * What each instance says of the people connected to it: one hash a person, one field an instance, ending by
 * itself. An instance that dies stops renewing, and everybody else sees its people go.
 */
@Injectable()
export class PresenceLeases {
  constructor(
    private readonly cache: RedisCache,
    private readonly instance: Instance,
  ) {}

  /** Renews what this instance holds; `null`: the person has no socket here any more. */
  async write(statuses: ReadonlyMap<string, LiveStatus | null>): Promise<void> {
    const now = Date.now();
    await this.inPipelines([...statuses], (pipeline, [userId, status]) => {
      const key = keyOf(userId);
      if (status === null) pipeline.hdel(key, this.instance.id);
      else pipeline.hset(key, this.instance.id, `${String(now + LEASE_MS)}:${status}`);
      pipeline.hset(key, SEEN, String(now)).pexpire(key, REMEMBERED_MS);
    });
  }

  /** One item for each person, in their order. Rejects while Redis is away. */
  async read(userIds: readonly string[]): Promise<Presence[]> {
    const answers = await this.inPipelines([...userIds], (pipeline, userId) => {
      pipeline.hgetall(keyOf(userId));
    });
    const now = Date.now();
    return userIds.map((userId, index) => presenceOf(userId, answers[index], now));
  }

  private async inPipelines<T>(
    items: readonly T[],
    add: (pipeline: RedisPipeline, item: T) => void,
  ): Promise<unknown[]> {
    const answers: unknown[] = [];
    for (let start = 0; start < items.length; start += AT_ONCE) {
      const chunk = items.slice(start, start + AT_ONCE);
      const results = await this.cache.run('presence', (client) => {
        const pipeline = client.pipeline();
        for (const item of chunk) add(pipeline, item);
        return pipeline.exec();
      });
      for (const [error, answer] of results ?? []) {
        if (error) throw error;
        answers.push(answer);
      }
    }
    return answers;
  }
}

function keyOf(userId: string): string {
  return `presence:${userId}`;
}

/** The most present of the instances that still hold a lease. */
function presenceOf(userId: string, fields: unknown, now: number): Presence {
  let status: PresenceStatus = 'offline';
  let lastSeenAt: string | null = null;
  for (const [field, value] of Object.entries((fields ?? {}) as Record<string, string>)) {
    if (field === SEEN) {
      lastSeenAt = new Date(Number(value)).toISOString();
      continue;
    }
    const [until = '', said] = value.split(':');
    if (Number(until) <= now) continue;
    if (said === 'online') status = 'online';
    else if (status === 'offline') status = 'away';
  }
  return { userId, status, lastSeenAt };
}
