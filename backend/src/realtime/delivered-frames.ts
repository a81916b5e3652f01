import { Injectable } from '@nestjs/common';
import { Logger } from '../infra/logger/logger.js';
import type { CarriedChanges } from './room-frame.js';

type Observer = (changes: CarriedChanges) => void;

/**
 * Tells features which pieces of a log this instance hands to its sockets, once a broadcast, whether it began here or
 * came from the bus: so they know how far this instance has itself delivered a conversation.
 */
@Injectable()
export class DeliveredFrames {
  private readonly observers: Observer[] = [];

  constructor(private readonly logger: Logger) {}

  observe(observer: Observer): void {
    this.observers.push(observer);
  }

  tell(changes: CarriedChanges): void {
    for (const observer of this.observers) {
      try {
        observer(changes);
      } catch (error) {
        this.logger.failure('An observer of delivered frames failed', error);
      }
    }
  }
}
