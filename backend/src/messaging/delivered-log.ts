import { Injectable } from '@nestjs/common';
import { DeliveredFrames } from '../realtime/delivered-frames.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import type { RevRange } from './delivered-revs.js';
import { DeliveredRevs } from './delivered-revs.js';

/** Which revs of each conversation that it holds this instance has itself handed to its sockets. */
@Injectable()
export class DeliveredLog {
  private readonly conversations = new Map<string, DeliveredRevs>();
  private holeSeen: ((conversationId: string) => void) | undefined;

  constructor(
    frames: DeliveredFrames,
    private readonly sockets: LocalSockets,
  ) {
    frames.observe(({ conversationId, fromRev, toRev }) => {
      if (!sockets.holdsConversation(conversationId)) return;
      const revs = this.note(conversationId, { from: fromRev, to: toRev });
      if (revs.hasHole) this.holeSeen?.(conversationId);
    });
  }

  /** Told with every frame that is delivered while something before it is missing. */
  whenHoleIsSeen(listener: (conversationId: string) => void): void {
    this.holeSeen = listener;
  }

  of(conversationId: string): DeliveredRevs | undefined {
    return this.conversations.get(conversationId);
  }

  /** Answers all that is delivered of the conversation now. */
  note(conversationId: string, range: RevRange): DeliveredRevs {
    const revs = this.conversations.get(conversationId) ?? new DeliveredRevs();
    revs.add(range);
    this.conversations.set(conversationId, revs);
    return revs;
  }

  forgetRoomsLeft(): void {
    for (const conversationId of this.conversations.keys()) {
      if (!this.sockets.holdsConversation(conversationId)) this.conversations.delete(conversationId);
    }
  }
}
