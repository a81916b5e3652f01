import type { EventName, ServerEvents } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import type { RedisAdapter } from '@socket.io/redis-adapter';
import { Logger } from '../infra/logger/logger.js';

type Observer = <E extends EventName>(event: E, payload: ServerEvents[E]) => void;

/**
 * Tells features what this instance hands to its sockets, once a broadcast, whether it began here or came from
 * the bus: so they know how far this instance has itself delivered a conversation.
 */
@Injectable()
export class DeliveredFrames {
  private readonly observers: Observer[] = [];

  constructor(private readonly logger: Logger) {}

  observe(observer: Observer): void {
    this.observers.push(observer);
  }

  /** `_encode` is the one step that own broadcasts and those of other instances share; the typings hide it. */
  watch(adapter: RedisAdapter): RedisAdapter {
    const encode: unknown = Reflect.get(adapter, '_encode');
    if (typeof encode !== 'function') throw new Error('The Socket.IO adapter no longer encodes by _encode');
    Reflect.set(adapter, '_encode', (packet: { data?: unknown }, options: unknown): unknown => {
      this.tell(packet.data);
      return Reflect.apply(encode, adapter, [packet, options]) as unknown;
    });
    return adapter;
  }

  private tell(data: unknown): void {
    if (!Array.isArray(data)) return;
    const [event, payload] = data as [EventName, ServerEvents[EventName]];
    for (const observer of this.observers) {
      try {
        observer(event, payload);
      } catch (error) {
        this.logger.failure('An observer of delivered frames failed', error);
      }
    }
  }
}
