import { Injectable } from '@nestjs/common';
import { RedisCache } from '../infra/redis/redis-cache.js';
import { TYPING_INTERVAL_MS } from '../realtime/socket-limits.js';

/** Clients repeat while a person types; after two missed repeats they have stopped, or gone. */
const TYPING_FOR_MS = 2 * TYPING_INTERVAL_MS;
/** A list for people to read; whoever types beyond it is not named. */
const NAMED_MAX = 20;

/** Who is typing where, kept in Redis so that every instance tells the same list; each entry ends by itself. */
@Injectable()
export class TypingList {
  constructor(private readonly cache: RedisCache) {}

  /** The list after the person began or stopped. Rejects while Redis is away. */
  move(conversationId: string, userId: string, typing: boolean): Promise<string[]> {
    const key = `typing:${conversationId}`;
    const now = Date.now();
    return this.cache.run('typing', async (client) => {
      const commands = client.multi();
      if (typing) commands.zadd(key, now + TYPING_FOR_MS, userId);
      else commands.zrem(key, userId);
      const answers = await commands
        .zremrangebyscore(key, '-inf', String(now))
        .pexpire(key, TYPING_FOR_MS)
        .zrange(key, '0', String(NAMED_MAX - 1))
        .exec();
      const [error, list] = answers?.at(-1) ?? [];
      if (error) throw error;
      return Array.isArray(list) ? list.map(String) : [];
    });
  }
}
