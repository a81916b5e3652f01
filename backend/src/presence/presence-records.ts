import type { Presence, PresenceStatus } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import type { RedisPipeline } from '../infra/redis/redis-cache.js';
import { RedisCache } from '../infra/redis/redis-cache.js';
import { LEASE_MS, PresenceLease } from './presence-lease.js';

/** When somebody was last seen is remembered for this long. */
const REMEMBERED_MS = 30 * 86_400_000;
const SEEN = 'seen';
/** People in one round trip, which has 250 ms, and behind which others wait for Redis. */
export const PEOPLE_AT_ONCE = 250;

export type LiveStatus = 'online' | 'away';

/** What an instance says of somebody connected to it; `null`: they have no socket there any more. */
export interface Said {
  readonly userId: string;
  readonly status: LiveStatus | null;
  /** It is said again, so that it does not end: the person did nothing. */
  readonly isRepeated: boolean;
}

export interface Reading {
  /** One for each person, in their order. */
  readonly items: Presence[];
  /** Whether the lease of this instance was there. Where it is not, Redis has forgotten, or stood still. */
  readonly isComplete: boolean;
}

/**
 * What instances say of people: one hash a person, with one field a lease, which counts while the lease lasts. Beside
 * it one set a lease, of whom it speaks: who clears up after a dead instance finds all of its fields.
 */
@Injectable()
export class PresenceRecords {
  constructor(
    private readonly cache: RedisCache,
    private readonly lease: PresenceLease,
  ) {}

  /** At most `PEOPLE_AT_ONCE`. Rejects while Redis is away, as do the others. */
  async write(said: readonly Said[]): Promise<void> {
    const { name } = this.lease;
    await this.run((pipeline) => {
      // No field without its person in the set, whenever this instance dies.
      for (const { userId, status, isRepeated } of said) {
        const key = keyOf(userId);
        const fields: Record<string, string> = status === null ? {} : { [name]: status };
        if (!isRepeated) fields[SEEN] = String(Date.now());
        if (status === null) pipeline.hdel(key, name).srem(peopleOf(name), userId);
        else pipeline.sadd(peopleOf(name), userId);
        pipeline.hset(key, fields);
        pipeline.pexpire(key, REMEMBERED_MS);
      }
    });
  }

  async read(userIds: readonly string[]): Promise<Reading> {
    const items: Presence[] = [];
    let isComplete = true;
    for (let start = 0; start < userIds.length; start += PEOPLE_AT_ONCE) {
      const some = userIds.slice(start, start + PEOPLE_AT_ONCE);
      const [time, leases, ...hashes] = await this.run((pipeline) => {
        pipeline.time().zrange(this.lease.instancesKey, '0', '-1', 'WITHSCORES');
        for (const userId of some) pipeline.hgetall(keyOf(userId));
      });
      const now = millisecondsOf(time);
      const live = liveAmong(leases, now);
      isComplete &&= live.has(this.lease.name);
      for (const [index, userId] of some.entries()) items.push(presenceOf(userId, hashes[index], live, now));
    }
    return { items, isComplete };
  }

  /** Takes back what a lease that has ended still says of some people: whom. Nobody where nothing is left. */
  async clearSome(name: string): Promise<string[]> {
    const userIds = await this.cache.run('presence', (client) =>
      client.srandmember(peopleOf(name), PEOPLE_AT_ONCE),
    );
    if (userIds.length === 0) return [];
    const seen = String(Date.now() - LEASE_MS);
    await this.run((pipeline) => {
      for (const userId of userIds) {
        const key = keyOf(userId);
        pipeline.hdel(key, name).hset(key, SEEN, seen).pexpire(key, REMEMBERED_MS);
      }
      pipeline.srem(peopleOf(name), ...userIds);
    });
    return userIds;
  }

  private async run(add: (pipeline: RedisPipeline) => void): Promise<unknown[]> {
    const results = await this.cache.run('presence', (client) => {
      const pipeline = client.pipeline();
      add(pipeline);
      return pipeline.exec();
    });
    return (results ?? []).map(([error, answer]) => {
      if (error) throw error;
      return answer;
    });
  }
}

function keyOf(userId: string): string {
  return `presence:${userId}`;
}

function peopleOf(lease: string): string {
  return `presence:on:${lease}`;
}

/** Redis answers `TIME` as seconds and microseconds. */
function millisecondsOf(time: unknown): number {
  const [seconds, micros] = (time as string[]).map(Number);
  return (seconds ?? 0) * 1_000 + Math.floor((micros ?? 0) / 1_000);
}

/** Names and ends of leases, in turn. */
function liveAmong(leases: unknown, now: number): Set<string> {
  const live = new Set<string>();
  const flat = leases as string[];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const name = flat[index];
    if (name !== undefined && Number(flat[index + 1]) > now) live.add(name);
  }
  return live;
}

/** The most present of what is said under leases that last. Who is online is seen now. */
function presenceOf(userId: string, fields: unknown, live: ReadonlySet<string>, now: number): Presence {
  let status: PresenceStatus = 'offline';
  let seen: number | null = null;
  for (const [field, value] of Object.entries((fields ?? {}) as Record<string, string>)) {
    if (field === SEEN) seen = Number(value);
    else if (!live.has(field)) continue;
    else if (value === 'online') status = 'online';
    else if (status === 'offline') status = 'away';
  }
  const seenAt = status === 'online' ? now : seen;
  return { userId, status, lastSeenAt: seenAt === null ? null : new Date(seenAt).toISOString() };
}
