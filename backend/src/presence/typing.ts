import { Injectable } from '@nestjs/common';
import { Memberships } from '../conversations/memberships.js';
import { RedisUnavailableError } from '../infra/redis/redis-cache.js';
import { Publisher } from '../realtime/publisher.js';
import { TypingList } from './typing-list.js';

/** Tells the members of a conversation who is typing: at most once, and never at the cost of a message. */
@Injectable()
export class Typing {
  constructor(
    private readonly memberships: Memberships,
    private readonly list: TypingList,
    private readonly publisher: Publisher,
  ) {}

  /** Throws NOT_FOUND for who is not a member. While Redis is away nobody is told, and nothing fails. */
  async move(userId: string, conversationId: string, typing: boolean): Promise<void> {
    await this.memberships.require(userId, conversationId);
    try {
      const userIds = await this.list.move(conversationId, userId, typing);
      this.publisher.toConversationVolatile(conversationId, 'typing', { conversationId, userIds });
    } catch (error) {
      if (!(error instanceof RedisUnavailableError)) throw error;
    }
  }
}
