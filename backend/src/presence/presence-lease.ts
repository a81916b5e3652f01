import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Instance } from '../infra/instance.js';
import { RedisCache } from '../infra/redis/redis-cache.js';
import { RedisScript } from '../infra/redis/redis-script.js';

/** An instance says this often that it lives. */
export const BEAT_MS = 5_000;
/** A lease outlives two missed beats. With the beat that finds it ended and a look, watchers know within 22 s (G8: 30 s). */
export const LEASE_MS = 15_000;
/** Longer than clearing up takes; after it another instance takes over from one that died meanwhile. */
const CLAIM_MS = 5_000;

/**
 * Renews a lease, and takes one that has ended to clear up after it. Whoever was late itself takes none: where Redis
 * stood still, all are late, and none is dead. All times are those of Redis, so clocks of instances do not matter.
 */
const BEAT = new RedisScript(`
  local clock = redis.call('TIME')
  local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
  local name, lease, claim, isFirst, mayClaim, before = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
  local ends = redis.call('ZSCORE', KEYS[1], name)
  if not ends and isFirst == '0' then return {'lost'} end
  redis.call('ZADD', KEYS[1], now + lease, name)
  if before ~= '' then redis.call('ZADD', KEYS[2], 0, before) end
  if ends and tonumber(ends) <= now then return {'late'} end
  if mayClaim == '0' then return {'held'} end
  for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
    redis.call('ZREM', KEYS[1], dead)
    redis.call('ZADD', KEYS[2], 0, dead)
  end
  local ended = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1)
  if ended[1] then redis.call('ZADD', KEYS[2], now + claim, ended[1]) end
  return {'held', ended[1]}`);

export interface Beat {
  /** `late`: it had ended, and nobody had noticed. `lost`: it is not there, and what was said under it is cleared. */
  readonly state: 'held' | 'late' | 'lost';
  /** A lease that has ended, which this instance is to clear up after. */
  readonly ended?: string;
}

/**
 * The lease of this instance: what it says of people counts only while the lease lasts. One for all of them, so
 * that an idle instance costs Redis one command a beat, however many people it holds.
 */
@Injectable()
export class PresenceLease {
  /** `{…}`: the two are on one node of a Redis Cluster. Instances of one installation share a database. */
  readonly instancesKey: string;
  private readonly endedKey: string;
  private generation = 1;
  private isHeld = false;

  constructor(
    config: Config,
    private readonly cache: RedisCache,
    private readonly instance: Instance,
  ) {
    const installation = new URL(config.database.url).pathname.slice(1);
    this.instancesKey = `presence:{${installation}}:instances`;
    this.endedKey = `presence:{${installation}}:ended`;
  }

  get name(): string {
    return this.nameOf(this.generation);
  }

  /** Another name: others may still be clearing up what was said under the one that was lost. */
  renew(): void {
    this.generation += 1;
    this.isHeld = false;
  }

  /** Rejects while Redis is away, as do the others. */
  async beat(mayClaim: boolean): Promise<Beat> {
    const before = this.isHeld || this.generation === 1 ? '' : this.nameOf(this.generation - 1);
    const values = [this.name, LEASE_MS, CLAIM_MS, this.isHeld ? 0 : 1, mayClaim ? 1 : 0, before];
    const [state, ended] = (await this.cache.run('presence', (client) =>
      BEAT.run(client, [this.instancesKey, this.endedKey], values),
    )) as [Beat['state'], string?];
    this.isHeld = state !== 'lost';
    return ended === undefined ? { state } : { state, ended };
  }

  /** What could not be taken back is left to the others. */
  async end(): Promise<void> {
    await this.cache.run('presence', (client) =>
      client.multi().zrem(this.instancesKey, this.name).zadd(this.endedKey, 0, this.name).exec(),
    );
  }

  async cleared(name: string): Promise<void> {
    await this.cache.run('presence', (client) => client.zrem(this.endedKey, name));
  }

  private nameOf(generation: number): string {
    return `${this.instance.id}.${String(generation)}`;
  }
}
