import type { BeforeApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { withDeadline } from '../errors/with-deadline.js';
import { REDIS_DEADLINE_MS, RedisConnections } from './redis-connections.js';

/** A room that empties is often filled again at once: its people reconnect. */
const LINGER_MS = 1_000;

type Listener = (channel: string, message: Buffer) => void;

/**
 * The channels of the bus that this process listens to. An instance subscribes to what it holds, so a message
 * reaches only instances with somebody to give it to. ioredis subscribes again by itself after a reconnect.
 */
@Injectable()
export class BusChannels implements BeforeApplicationShutdown {
  /** Asked for, confirmed or not. */
  private readonly subscribed = new Set<string>();
  /** Nobody needs them now. */
  private readonly leaving = new Set<string>();
  private readonly asked = new Map<string, Promise<unknown>>();
  private toSubscribe: { channels: string[]; done: Promise<unknown> } | undefined;
  private lingering: NodeJS.Timeout | undefined;

  constructor(private readonly redis: RedisConnections) {}

  onMessage(listener: Listener): void {
    this.redis.busSubscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => {
      listener(channel.toString('latin1'), message);
    });
  }

  /** Those asked for in one go travel in one command. */
  subscribe(channel: string): void {
    this.leaving.delete(channel);
    if (this.subscribed.has(channel)) return;
    this.subscribed.add(channel);
    this.toSubscribe ??= this.subscribeSoon();
    this.toSubscribe.channels.push(channel);
    this.asked.set(channel, this.toSubscribe.done);
  }

  unsubscribe(channel: string): void {
    this.leaving.add(channel);
    this.lingering ??= setTimeout(() => {
      this.lingering = undefined;
      const left = [...this.leaving];
      this.leaving.clear();
      for (const gone of left) this.subscribed.delete(gone);
      if (left.length > 0) void this.redis.busSubscriber.unsubscribe(...left);
    }, LINGER_MS);
  }

  /**
   * Resolves with true when Redis has confirmed all that was asked for so far, and with false after 250 ms without:
   * what is published until then is missed here.
   */
  async settled(): Promise<boolean> {
    if (this.asked.size === 0) return true;
    if (this.redis.busSubscriber.status !== 'ready') return false;
    return withDeadline(Promise.all(this.asked.values()), REDIS_DEADLINE_MS, 'subscribing').then(
      () => true,
      () => false,
    );
  }

  beforeApplicationShutdown(): void {
    clearTimeout(this.lingering);
  }

  private subscribeSoon(): { channels: string[]; done: Promise<unknown> } {
    const channels: string[] = [];
    const done = new Promise((resolve) => setImmediate(resolve)).then(async () => {
      this.toSubscribe = undefined;
      await this.redis.busSubscriber.subscribe(...channels);
      for (const channel of channels) this.asked.delete(channel);
    });
    return { channels, done };
  }
}
