import type { Message } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { AnnounceChange } from '../conversations/announce-change.js';
import { GroupWriter } from '../infra/database/group-writer.js';
import { LOG_POOL_SIZE } from '../infra/database/log-pool.js';
import { Logger } from '../infra/logger/logger.js';
import { Arrivals } from '../realtime/arrivals.js';
import { Publisher } from '../realtime/publisher.js';
import { contiguousPieces } from './contiguous-pieces.js';
import type { OutgoingMessage, WriteOutcome } from './outgoing-message.js';
import { OutgoingStore } from './outgoing.store.js';

/** A piece of a conversation's log that this instance has just written. */
interface Frame {
  fromRev: number;
  toRev: number;
  membersRev: number;
  /** By id: a thread root that several replies moved is shown once, in its newest state. */
  readonly messages: Map<string, Message>;
}

/**
 * Writes messages in groups and tells the members after COMMIT. The ack goes out by the promise, the fan-out by
 * the publisher: neither waits for the other.
 */
@Injectable()
export class MessageWriter {
  private readonly writer: GroupWriter<OutgoingMessage, WriteOutcome>;

  constructor(
    store: OutgoingStore,
    private readonly publisher: Publisher,
    private readonly announce: AnnounceChange,
    private readonly arrivals: Arrivals,
    logger: Logger,
  ) {
    this.writer = new GroupWriter({
      named: 'The message',
      slots: LOG_POOL_SIZE,
      restMs: 0,
      queueOf: ({ conversationId }) => conversationId,
      lettersOf: ({ text }) => text.length,
      isAlone: ({ alone }) => alone,
      commit: (outgoing) => store.send(outgoing),
      committed: (outgoing, outcomes, repeated) => {
        this.publish(outgoing, outcomes, repeated);
      },
      failed: (error) => {
        logger.failure('Committed messages could not be published', error);
      },
    });
  }

  /** Resolves after COMMIT. Rejects with UNAVAILABLE within 2 s where that is unknown. */
  write(outgoing: OutgoingMessage): Promise<WriteOutcome> {
    return this.writer.write(outgoing);
  }

  /** One piece of the log a conversation: what a group wrote to it has contiguous revs, since it held the lock. */
  private publish(
    outgoing: readonly OutgoingMessage[],
    outcomes: readonly WriteOutcome[],
    repeated: boolean,
  ): void {
    const frames = new Map<string, Frame>();
    outcomes.forEach((outcome, index) => {
      const sent = outgoing[index];
      if (!sent) return;
      const { conversationId, senderId } = sent;
      if ('message' in outcome) this.arrivals.note(outcome.message, sent.arrivedAt);
      if (outcome.status === 'created') {
        extend(frames, conversationId, outcome);
        if (outcome.unmarked) this.announce.toReaders([senderId], conversationId);
      } else if (repeated && outcome.status === 'duplicate' && outcome.message.id === sent.id) {
        // An attempt without an answer had committed after all: it was never told to anybody, nor what it unmarked.
        this.announce.toReaders([senderId], conversationId);
        const { message, membersRev } = outcome;
        this.emit(conversationId, {
          fromRev: message.rev - 1,
          toRev: message.rev,
          membersRev,
          messages: new Map([[message.id, message]]),
        });
      }
    });
    for (const [conversationId, frame] of frames) this.emit(conversationId, frame);
  }

  private emit(conversationId: string, { fromRev, toRev, membersRev, messages }: Frame): void {
    const inOrder = [...messages.values()].sort((one, other) => one.rev - other.rev);
    for (const piece of contiguousPieces(fromRev, toRev, inOrder)) {
      this.publisher.changes(membersRev, {
        conversationId,
        fromRev: piece.fromRev,
        toRev: piece.toRev,
        messages: piece.messages,
      });
    }
  }
}

function extend(
  frames: Map<string, Frame>,
  conversationId: string,
  { message, threadRoot, toRev, membersRev }: WriteOutcome & { status: 'created' },
): void {
  const fromRev = message.rev - 1;
  const frame = frames.get(conversationId) ?? {
    fromRev,
    toRev,
    membersRev,
    messages: new Map<string, Message>(),
  };
  frame.fromRev = Math.min(frame.fromRev, fromRev);
  frame.toRev = Math.max(frame.toRev, toRev);
  for (const touched of threadRoot ? [message, threadRoot] : [message]) {
    const held = frame.messages.get(touched.id);
    if (!held || held.rev < touched.rev) frame.messages.set(touched.id, touched);
  }
  frames.set(conversationId, frame);
}
