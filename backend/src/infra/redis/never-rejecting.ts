import type { Redis } from 'ioredis';

const METHODS = ['subscribe', 'psubscribe', 'unsubscribe', 'punsubscribe'] as const;

/**
 * Not every subscription is awaited, so a rejection (the connection closed meanwhile) would end the process. ioredis
 * renews subscriptions by itself when it reconnects.
 */
export function withSubscriptionsThatNeverReject(client: Redis): Redis {
  for (const method of METHODS) {
    const original = client[method].bind(client) as (...channels: unknown[]) => Promise<unknown>;
    Reflect.set(client, method, (...channels: unknown[]) => original(...channels).catch(() => 0));
  }
  return client;
}
