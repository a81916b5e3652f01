import { TYPING_MAX_MEMBERS } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Memberships } from '../conversations/memberships.js';
import { isPassingFault } from '../infra/errors/to-parley-error.js';
import { EventLoopLoad } from '../infra/load/event-loop-load.js';
import { RedisUnavailableError } from '../infra/redis/redis-cache.js';
import type { Caller } from '../realtime/command.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import { Publisher } from '../realtime/publisher.js';
import { TYPING_INTERVAL_MS } from '../realtime/socket-limits.js';
import { RecentMap } from './recent-map.js';
import { TYPING_FOR_MS, TypingList } from './typing-list.js';

/** A client that repeats in time may be heard a little early, as its last word took longer. */
const REPEATED_AFTER_MS = TYPING_INTERVAL_MS - 500;
/** A conversation that grows beyond the limit, or shrinks below it, is treated so within a minute. */
const SIZE_KNOWN_FOR_MS = 60_000;

/** Tells the members of a conversation who is typing: at most once, and never at the cost of a message. */
@Injectable()
export class Typing {
  /** Who is in the list through this instance, and when that was last said. */
  private readonly started = new RecentMap<number>(TYPING_FOR_MS);
  /** Whether conversations have too many members. */
  private readonly large = new RecentMap<boolean>(SIZE_KNOWN_FOR_MS);

  constructor(
    private readonly memberships: Memberships,
    private readonly load: EventLoopLoad,
    private readonly sockets: LocalSockets,
    private readonly list: TypingList,
    private readonly publisher: Publisher,
  ) {}

  /** Throws NOT_FOUND for who is not a member, as does `stop`. While Redis is away nobody is told, and nothing fails. */
  async start(caller: Caller, conversationId: string): Promise<void> {
    await this.requireMember(caller, conversationId);
    if (this.load.level >= 1) return;
    const key = keyOf(caller.userId, conversationId);
    const saidAt = this.started.get(key);
    const now = performance.now();
    if (saidAt !== undefined && now - saidAt < REPEATED_AFTER_MS) return;
    this.started.set(key, now);
    if (await this.isLarge(conversationId)) return;
    // It was sent meanwhile.
    if (this.started.get(key) !== now) return;
    await this.move(caller.userId, conversationId, true);
  }

  async stop(caller: Caller, conversationId: string): Promise<void> {
    await this.requireMember(caller, conversationId);
    if (!this.started.delete(keyOf(caller.userId, conversationId))) return;
    if (!(await this.isLarge(conversationId))) await this.move(caller.userId, conversationId, false);
  }

  /**
   * A message ends its author's typing. Whoever gets it knows that, and the list forgets it before it is told again.
   * Where the author began on another instance it ends by itself.
   */
  sent(userId: string, conversationId: string): void {
    if (!this.started.delete(keyOf(userId, conversationId))) return;
    if (this.large.get(conversationId) === true) return;
    // Not awaited, as nothing may delay a message; what fails here ends by itself.
    this.list.remove(conversationId, userId).catch(() => undefined);
  }

  /** The rooms of the socket follow PostgreSQL within the 5 s of G9; only who is not in the room is looked up. */
  private async requireMember({ userId, socketId }: Caller, conversationId: string): Promise<void> {
    if (this.sockets.isJoined(socketId, conversationId)) return;
    await this.memberships.require(userId, conversationId);
  }

  private async isLarge(conversationId: string): Promise<boolean> {
    const known = this.large.get(conversationId);
    if (known !== undefined) return known;
    try {
      const isLarge = (await this.memberships.count(conversationId)) > TYPING_MAX_MEMBERS;
      this.large.set(conversationId, isLarge);
      return isLarge;
    } catch (error) {
      // While PostgreSQL has no time, nobody is told who types, and nobody is refused for it either.
      if (isPassingFault(error)) return true;
      throw error;
    }
  }

  private async move(userId: string, conversationId: string, typing: boolean): Promise<void> {
    try {
      const userIds = await this.list.move(conversationId, userId, typing);
      // What was sent meanwhile has ended it: the frame would come after the message.
      if (typing && this.started.get(keyOf(userId, conversationId)) === undefined) return;
      this.publisher.toConversationVolatile(conversationId, 'typing', { conversationId, userIds });
    } catch (error) {
      if (!(error instanceof RedisUnavailableError)) throw error;
    }
  }
}

function keyOf(userId: string, conversationId: string): string {
  return `${conversationId} ${userId}`;
}
