import type { RateBudget } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { Config } from '../../config/config.js';
import { ParleyError } from '../errors/parley-error.js';
import { Metrics } from '../metrics/metrics.js';
import { preset } from '../metrics/preset.js';
import { RedisCache } from '../redis/redis-cache.js';
import { RedisConnections } from '../redis/redis-connections.js';
import { currentContext } from '../request-context/request-context.js';

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
};

/** Counted on each instance alone: they stand before every request, and a round trip to Redis would cost more. */
const LOCAL: ReadonlySet<LimitName> = new Set<LimitName>(['commandsPerMinute', 'requestsPerMinute']);

interface Limiter {
  amount: number;
  local: RateLimiterMemory;
  shared: RateLimiterRedis | null;
}

/** How often things may be done, counted over all instances in Redis, or on this one while Redis is away. */
@Injectable()
export class RateLimits {
  private readonly limiters = new Map<LimitName, Limiter>();

  constructor(
    config: Config,
    connections: RedisConnections,
    private readonly cache: RedisCache,
    private readonly metrics: Metrics,
  ) {
    preset(metrics.limitsHit, 'limit', Object.keys(SECONDS));
    for (const name of Object.keys(SECONDS) as LimitName[]) {
      const options = { keyPrefix: `limit:${name}`, points: config.limits[name], duration: SECONDS[name] };
      this.limiters.set(name, {
        amount: config.limits[name],
        local: new RateLimiterMemory(options),
        shared: LOCAL.has(name)
          ? null
          : new RateLimiterRedis({ ...options, storeClient: connections.cache, rejectIfRedisNotReady: true }),
      });
    }
  }

  /**
   * Counts one use. Throws RATE_LIMITED above the limit. The budget left is also put into the request
   * context, from where the answer tells it, except for the limits that stand before every request.
   */
  async consume(name: LimitName, key: string): Promise<RateBudget> {
    const limiter = this.limiter(name);
    const state = await this.count(limiter, key);
    const budget = budgetOf(limiter, state);
    const context = currentContext();
    if (context && limiter.shared) context.rate = budget;
    if (state.consumedPoints > limiter.amount) {
      this.metrics.limitsHit.inc({ limit: name });
      throw new ParleyError('RATE_LIMITED', 'Too many in too short a time. Please wait a little.', {
        limit: name,
        remaining: 0,
        resetMs: budget.resetMs,
        retryAfterMs: budget.resetMs,
      });
    }
    return budget;
  }

  /** The budget without using any of it; told in the answer as `consume` does. */
  async peek(name: LimitName, key: string): Promise<RateBudget> {
    const limiter = this.limiter(name);
    const state = await this.read(limiter, key);
    const budget = state
      ? budgetOf(limiter, state)
      : { limit: limiter.amount, remaining: limiter.amount, resetMs: SECONDS[name] * 1_000 };
    const context = currentContext();
    if (context && limiter.shared) context.rate = budget;
    return budget;
  }

  /** Takes a use back that turned out not to count. Best effort: without Redis only this instance's count goes down. */
  async giveBack(name: LimitName, key: string): Promise<void> {
    const { shared, local } = this.limiter(name);
    if (shared) await this.cache.run('rate_limit', () => shared.reward(key)).catch(() => local.reward(key));
    else await local.reward(key);
  }

  private limiter(name: LimitName): Limiter {
    const limiter = this.limiters.get(name);
    if (!limiter) throw new Error(`There is no limit named ${name}`);
    return limiter;
  }

  private async count(limiter: Limiter, key: string): Promise<RateLimiterRes> {
    const { shared } = limiter;
    if (shared) {
      try {
        return await this.cache.run('rate_limit', () => settled(shared.consume(key)));
      } catch {
        this.metrics.limitFallbacks.inc();
      }
    }
    return settled(limiter.local.consume(key));
  }

  private async read(limiter: Limiter, key: string): Promise<RateLimiterRes | null> {
    const { shared } = limiter;
    if (shared) {
      try {
        return await this.cache.run('rate_limit', () => shared.get(key));
      } catch {
        this.metrics.limitFallbacks.inc();
      }
    }
    return limiter.local.get(key);
  }
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

function budgetOf(limiter: Limiter, state: RateLimiterRes): RateBudget {
  return {
    limit: limiter.amount,
    remaining: Math.max(0, limiter.amount - state.consumedPoints),
    resetMs: Math.max(0, Math.ceil(state.msBeforeNext)),
  };
}
