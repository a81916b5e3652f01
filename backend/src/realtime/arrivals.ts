import type { Message } from '@parley/protocol';
import { Injectable } from '@nestjs/common';

/**
 * When the command that made a message arrived, by the clock of its instance: known to who writes the message, told to the
 * adapter that measures the delivery, and no part of what members get. Forgotten with the message.
 */
@Injectable()
export class Arrivals {
  private readonly times = new WeakMap<Message, number>();

  /** `time`: milliseconds since 1970. */
  note(message: Message, time: number): void {
    this.times.set(message, time);
  }

  of(messages: readonly Message[]): number[] {
    const known: number[] = [];
    for (const message of messages) {
      const time = this.times.get(message);
      if (time !== undefined) known.push(time);
    }
    return known;
  }
}
