import type { RateBudget } from '@parley/protocol';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { Config } from '../../config/config.js';
import { ParleyError } from '../errors/parley-error.js';
import { Metrics } from '../metrics/metrics.js';
import { preset } from '../metrics/preset.js';
import { RedisCache } from '../redis/redis-cache.js';
import { RedisConnections } from '../redis/redis-connections.js';
import { RedisScript } from '../redis/redis-script.js';
import { currentContext } from '../request-context/request-context.js';
import type { CountNews } from './window-counts.js';
import { WindowCounts } from './window-counts.js';

export type LimitName = keyof Config['limits'];

const SECONDS: Record<LimitName, number> = {
  messagesPerMinute: 60,
  commandsPerMinute: 60,
  requestsPerMinute: 60,
  loginsPerMinutePerAddress: 60,
  loginsPerMinutePerAccount: 60,
  registrationsPerHourPerAddress: 3_600,
  refreshesPerMinutePerAddress: 60,
  passwordsPerHour: 3_600,
  conversationsPerHour: 3_600,
  joinsPerHour: 3_600,
  connectionsPerMinutePerUser: 60,
  connectionsPerMinutePerAddress: 60,
};

/** They stand before every request, command and connection, where a round trip to Redis would cost more than the work. */
const WITHOUT_ROUND_TRIP = [
  'commandsPerMinute',
  'requestsPerMinute',
  'connectionsPerMinutePerUser',
  'connectionsPerMinutePerAddress',
] as const satisfies LimitName[];
export type LimitWithoutRoundTrip = (typeof WITHOUT_ROUND_TRIP)[number];
export type LimitOfOneCall = Exclude<LimitName, LimitWithoutRoundTrip>;

interface Limiter {
  readonly amount: number;
  readonly local: RateLimiterMemory;
  readonly shared: RateLimiterRedis;
}

/** Keys told in one call: a call has 250 ms, and this many take some milliseconds. */
const TOLD_AT_ONCE = 500;
/** A use of a window that has ended is not taken back: the count would begin below zero. */
const TAKE_BACK = new RedisScript(
  `if tonumber(redis.call('get', KEYS[1]) or '0') > 0 then redis.call('decr', KEYS[1]) end`,
);

/** How often things may be done, counted over all instances in Redis, or on this one while Redis is away. */
@Injectable()
export class RateLimits implements OnApplicationShutdown {
  private readonly limiters = new Map<LimitOfOneCall, Limiter>();
  private readonly counts: WindowCounts;

  constructor(
    private readonly config: Config,
    connections: RedisConnections,
    private readonly cache: RedisCache,
    private readonly metrics: Metrics,
  ) {
    preset(metrics.limitsHit, 'limit', [...Object.keys(SECONDS), 'commandsInFlight']);
    for (const name of Object.keys(SECONDS) as LimitName[]) {
      if (isWithoutRoundTrip(name)) continue;
      const options = { keyPrefix: `limit:${name}`, points: config.limits[name], duration: SECONDS[name] };
      this.limiters.set(name, {
        amount: config.limits[name],
        local: new RateLimiterMemory(options),
        shared: new RateLimiterRedis({
          ...options,
          storeClient: connections.cache,
          rejectIfRedisNotReady: true,
        }),
      });
    }
    this.counts = new WindowCounts(
      (news) => this.tell(news),
      () => {
        metrics.limitFallbacks.inc();
      },
    );
  }

  onApplicationShutdown(): void {
    this.counts.stop();
  }

  /**
   * Counts uses. Throws RATE_LIMITED above the limit. The budget left is also put into the request context, from where
   * the answer tells it.
   */
  async consume(name: LimitName, key: string, uses = 1): Promise<RateBudget> {
    if (isWithoutRoundTrip(name)) {
      const { budget, isSpent } = this.count(name, key);
      // What stands on the ack of a command is the budget of messages.
      if (name !== 'commandsPerMinute') noteInContext(budget);
      if (isSpent) throw limitedBy(name, budget);
      return budget;
    }
    const limiter = this.limiter(name);
    const state = await this.take(limiter, key, uses);
    const budget = budgetOf(limiter.amount, state.consumedPoints, state.msBeforeNext);
    noteInContext(budget);
    if (state.consumedPoints > limiter.amount) {
      this.metrics.limitsHit.inc({ limit: name });
      throw limitedBy(name, budget);
    }
    return budget;
  }

  /** Counts one use here and now: for what must cost nothing even where it is refused. */
  count(name: LimitWithoutRoundTrip, key: string): { budget: RateBudget; isSpent: boolean } {
    const limit = { name, amount: this.config.limits[name], windowMs: SECONDS[name] * 1_000 };
    const { used, resetMs } = this.counts.count(limit, key);
    const isSpent = used > limit.amount;
    if (isSpent) this.metrics.limitsHit.inc({ limit: name });
    return { budget: budgetOf(limit.amount, used, resetMs), isSpent };
  }

  /** The budget without using any of it; told in the answer as `consume` does. */
  async peek(name: LimitOfOneCall, key: string): Promise<RateBudget> {
    const limiter = this.limiter(name);
    const state = await this.read(limiter, key);
    const budget = budgetOf(
      limiter.amount,
      state?.consumedPoints ?? 0,
      state?.msBeforeNext ?? SECONDS[name] * 1_000,
    );
    noteInContext(budget);
    return budget;
  }

  /** Takes a use back that turned out not to count. Best effort: without Redis only this instance's count goes down. */
  async giveBack(name: LimitOfOneCall, key: string): Promise<void> {
    const { local } = this.limiter(name);
    try {
      await this.cache.run('rate_limit', (client) => TAKE_BACK.run(client, [`limit:${name}:${key}`], []));
    } catch {
      if (((await local.get(key))?.consumedPoints ?? 0) > 0) await local.reward(key);
    }
  }

  private limiter(name: LimitOfOneCall): Limiter {
    const limiter = this.limiters.get(name);
    if (!limiter) throw new Error(`There is no limit named ${name}`);
    return limiter;
  }

  private async take({ shared, local }: Limiter, key: string, uses: number): Promise<RateLimiterRes> {
    try {
      return await this.cache.run('rate_limit', () => settled(shared.consume(key, uses)));
    } catch {
      this.metrics.limitFallbacks.inc();
      return settled(local.consume(key, uses));
    }
  }

  private async read({ shared, local }: Limiter, key: string): Promise<RateLimiterRes | null> {
    try {
      return await this.cache.run('rate_limit', () => shared.get(key));
    } catch {
      this.metrics.limitFallbacks.inc();
      return local.get(key);
    }
  }

  private async tell(news: readonly CountNews[]): Promise<number[]> {
    const totals: number[] = [];
    for (let start = 0; start < news.length; start += TOLD_AT_ONCE) {
      const told = news.slice(start, start + TOLD_AT_ONCE);
      const answers = await this.cache.run('rate_limit', (client) => {
        const pipeline = client.pipeline();
        for (const { key, delta, forgetAfterMs } of told) {
          pipeline.incrby(`limit:${key}`, delta).pexpire(`limit:${key}`, forgetAfterMs);
        }
        return pipeline.exec();
      });
      told.forEach((_, index) => totals.push(Number(answers?.[2 * index]?.[1] ?? 0)));
    }
    return totals;
  }
}

function isWithoutRoundTrip(name: LimitName): name is LimitWithoutRoundTrip {
  return (WITHOUT_ROUND_TRIP as readonly LimitName[]).includes(name);
}

function noteInContext(budget: RateBudget): void {
  const context = currentContext();
  if (context) context.rate = budget;
}

export function limitedBy(limit: string, { resetMs }: Pick<RateBudget, 'resetMs'>): ParleyError {
  return new ParleyError('RATE_LIMITED', 'Too many in too short a time. Please wait a little.', {
    limit,
    remaining: 0,
    resetMs,
    retryAfterMs: resetMs,
  });
}

/** The library rejects with the state when the limit is passed; both outcomes are states here. */
async function settled(consumed: Promise<RateLimiterRes>): Promise<RateLimiterRes> {
  try {
    return await consumed;
  } catch (rejection) {
    if (rejection instanceof RateLimiterRes) return rejection;
    throw rejection;
  }
}

function budgetOf(limit: number, used: number, resetMs: number): RateBudget {
  return { limit, remaining: Math.max(0, limit - used), resetMs: Math.max(0, Math.ceil(resetMs)) };
}
