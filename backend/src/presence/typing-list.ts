import { Injectable } from '@nestjs/common';
import { RedisCache } from '../infra/redis/redis-cache.js';
import { RedisScript } from '../infra/redis/redis-script.js';
import { TYPING_INTERVAL_MS } from '../realtime/socket-limits.js';

/** Clients repeat while a person types; after two missed repeats they have stopped, or gone. */
export const TYPING_FOR_MS = 2 * TYPING_INTERVAL_MS;
/** A list for people to read; whoever types beyond it is not named. */
const NAMED_MAX = 20;

/** Times are those of Redis, so that instances agree on who has stopped. */
const MOVE = new RedisScript(`
  local clock = redis.call('TIME')
  local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
  local user, isTyping, lifetime, named = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
  if isTyping == '1' then redis.call('ZADD', KEYS[1], now + lifetime, user) else redis.call('ZREM', KEYS[1], user) end
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
  redis.call('PEXPIRE', KEYS[1], lifetime)
  return redis.call('ZRANGE', KEYS[1], 0, named - 1)`);

/** Who is typing where, kept in Redis so that every instance tells the same list; each entry ends by itself. */
@Injectable()
export class TypingList {
  constructor(private readonly cache: RedisCache) {}

  /** The list after the person began or stopped. Rejects while Redis is away. */
  async move(conversationId: string, userId: string, typing: boolean): Promise<string[]> {
    const values = [userId, typing ? 1 : 0, TYPING_FOR_MS, NAMED_MAX];
    const list = await this.cache.run('typing', (client) =>
      MOVE.run(client, [keyOf(conversationId)], values),
    );
    return (list as unknown[]).map(String);
  }

  /** Without asking who is left. */
  async remove(conversationId: string, userId: string): Promise<void> {
    await this.cache.run('typing', (client) => client.zrem(keyOf(conversationId), userId));
  }
}

function keyOf(conversationId: string): string {
  return `typing:${conversationId}`;
}
