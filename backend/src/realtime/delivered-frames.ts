import type { EventName, ServerEvents } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import type { RedisAdapter } from '@socket.io/redis-adapter';
import { Logger } from '../infra/logger/logger.js';
import type { BroadcastOptions } from './membership-gate.js';
import { MembershipGate } from './membership-gate.js';

type Observer = <E extends EventName>(event: E, payload: ServerEvents[E]) => void;

/**
 * Tells features what this instance hands to its sockets, once a broadcast, whether it began here or came from
 * the bus: so they know how far this instance has itself delivered a conversation.
 */
@Injectable()
export class DeliveredFrames {
  private readonly observers: Observer[] = [];

  constructor(
    private readonly gate: MembershipGate,
    private readonly logger: Logger,
  ) {}

  observe(observer: Observer): void {
    this.observers.push(observer);
  }

  /**
   * Own broadcasts and those of other instances share two steps, which the typings hide: `_encode` makes the frame,
   * and `apply` right after it writes the frame to each socket. Other uses of `apply` (rooms) encode nothing.
   */
  watch(adapter: RedisAdapter): RedisAdapter {
    const encode = methodOf(adapter, '_encode');
    const apply = methodOf(adapter, 'apply');
    let encoded: unknown;
    Reflect.set(adapter, '_encode', (packet: { data?: unknown }, options: unknown): unknown => {
      encoded = packet.data;
      return encode(packet, options);
    });
    Reflect.set(adapter, 'apply', (options: BroadcastOptions, write: unknown): void => {
      const data = encoded;
      encoded = undefined;
      if (data === undefined) {
        apply(options, write);
        return;
      }
      this.gate.pass(options, () => {
        this.tell(data);
        apply(options, write);
      });
    });
    this.gate.watch(adapter);
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

function methodOf(adapter: RedisAdapter, name: string): (...parts: unknown[]) => unknown {
  const method: unknown = Reflect.get(adapter, name);
  if (typeof method !== 'function') throw new Error(`The Socket.IO adapter no longer has ${name}`);
  return (...parts) => Reflect.apply(method, adapter, parts) as unknown;
}
