import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { BusChannels } from '../infra/redis/bus-channels.js';
import { RedisConnections } from '../infra/redis/redis-connections.js';

/**
 * Says on the bus whose presence changed: whom, and not how. Who watches them reads how they are, so hints that cross
 * or come twice do no harm. One channel: an instance with watchers drops what is about others by a look into a map,
 * which costs less than a subscription for each person on a screen. Instances without watchers do not listen.
 */
@Injectable()
export class PresenceHints {
  private readonly channel: string;

  constructor(
    config: Config,
    private readonly redis: RedisConnections,
    private readonly channels: BusChannels,
  ) {
    this.channel = `parley:presence:${new URL(config.database.url).pathname.slice(1)}`;
  }

  onHint(listener: (userIds: readonly string[]) => void): void {
    this.channels.onMessage((channel, message) => {
      if (channel === this.channel) listener(message.toString('latin1').split(','));
    });
  }

  /** At most once: what is lost is noticed by pulses, and by the slow look at everybody. */
  tell(userIds: readonly string[]): void {
    if (userIds.length > 0) void this.redis.busPublisher.publish(this.channel, userIds.join(','));
  }

  /** Whether all hints from now on are heard. */
  listen(): Promise<boolean> {
    this.channels.subscribe(this.channel);
    return this.channels.settled();
  }

  stopListening(): void {
    this.channels.unsubscribe(this.channel);
  }
}
