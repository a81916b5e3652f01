import type { Message, PostMessageInput } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Memberships } from '../conversations/memberships.js';
import { MessageStore } from '../conversations/message.store.js';
import { ParleyError, invalidField, notFound } from '../infra/errors/parley-error.js';
import { toParleyError } from '../infra/errors/to-parley-error.js';
import type { MessageOutcome } from '../infra/metrics/delivery-metrics.js';
import { Metrics } from '../infra/metrics/metrics.js';
import { newId } from '../infra/new-id.js';
import { RateLimits } from '../infra/rate-limits/rate-limits.js';
import { Typing } from '../presence/typing.js';
import { MessageWriter } from './message-writer.js';
import type { WriteOutcome } from './outgoing-message.js';
import { outgoingMessage } from './outgoing-message.js';
import { OutgoingStore } from './outgoing.store.js';

export interface SendResult {
  readonly message: Message;
  /** The client id was known: the message is the one it made first, in its present state. */
  readonly duplicate: boolean;
}

/**
 * Sends a message, for the socket and REST alike. Membership and the client id are looked up under the
 * conversation's lock, by the write itself. What the budget counts is taken first and given back where nothing
 * new was made, so that the usual send costs one round trip to each store.
 */
@Injectable()
export class SendMessage {
  constructor(
    private readonly limits: RateLimits,
    private readonly writer: MessageWriter,
    private readonly store: OutgoingStore,
    private readonly messages: MessageStore,
    private readonly memberships: Memberships,
    private readonly metrics: Metrics,
    private readonly typing: Typing,
  ) {}

  async execute(senderId: string, conversationId: string, input: PostMessageInput): Promise<SendResult> {
    try {
      const result = await this.send(senderId, conversationId, input);
      this.count(result.duplicate ? 'duplicate' : 'created');
      return result;
    } catch (error) {
      this.count(outcomeOf(error));
      throw error;
    }
  }

  private async send(senderId: string, conversationId: string, input: PostMessageInput): Promise<SendResult> {
    const outgoing = outgoingMessage(newId(), senderId, conversationId, input);
    if (input.text === '' && outgoing.attachmentIds.length === 0) {
      throw invalidField('text', 'must not be empty without an attachment');
    }
    const known = await this.takeBudgetOrFindKnown(senderId, conversationId, input.clientMessageId);
    if (known) return this.repeated(senderId, known);

    const outcome = await this.writer.write(outgoing).catch((error: unknown) => {
      // Trying again through an outage must not use up what is needed when it ends. Not awaited: the 2 s are over.
      if (error instanceof ParleyError && error.code === 'UNAVAILABLE') {
        void this.limits.giveBack('messagesPerMinute', senderId);
      }
      throw error;
    });
    // An attempt without an answer may have written it: then the row has the id that was made for it here.
    if (outcome.status === 'created' || ('message' in outcome && outcome.message.id === outgoing.id)) {
      this.typing.sent(senderId, conversationId);
      return { message: outcome.message, duplicate: false };
    }
    await this.giveBudgetBack(senderId);
    if (outcome.status === 'duplicate') return this.repeated(senderId, outcome.message);
    throw refusal(outcome.status);
  }

  private count(outcome: MessageOutcome): void {
    this.metrics.delivery.messages.inc({ outcome });
  }

  /**
   * Over the limit a known id is still answered, and somebody who is no member is told that. What a repeat under way has
   * taken may be back by then: the budget is asked once more before a new message is refused.
   */
  private async takeBudgetOrFindKnown(
    senderId: string,
    conversationId: string,
    clientMessageId: string,
  ): Promise<Message | null> {
    if ((await this.takeBudget(senderId)) === null) return null;
    await this.memberships.require(senderId, conversationId);
    const known = await this.store.findKnown(senderId, conversationId, clientMessageId);
    if (known) return known;
    const refused = await this.takeBudget(senderId);
    if (refused) throw refused;
    return null;
  }

  /** The refusal where there is nothing left to take: then nothing was taken. */
  private async takeBudget(senderId: string): Promise<ParleyError | null> {
    try {
      await this.limits.consume('messagesPerMinute', senderId);
      return null;
    } catch (error) {
      if (!(error instanceof ParleyError) || error.code !== 'RATE_LIMITED') throw error;
      await this.giveBudgetBack(senderId);
      return error;
    }
  }

  /** The answer tells the budget as it is after that. */
  private async giveBudgetBack(senderId: string): Promise<void> {
    await this.limits.giveBack('messagesPerMinute', senderId);
    await this.limits.peek('messagesPerMinute', senderId);
  }

  private async repeated(senderId: string, message: Message): Promise<SendResult> {
    const [own] = await this.messages.forReader(senderId, [message]);
    return { message: own ?? message, duplicate: true };
  }
}

function outcomeOf(error: unknown): MessageOutcome {
  switch (toParleyError(error).code) {
    case 'INTERNAL':
      return 'failed';
    case 'UNAVAILABLE':
      return 'unavailable';
    case 'RATE_LIMITED':
      return 'rate_limited';
    default:
      return 'refused';
  }
}

type Refused = Exclude<WriteOutcome['status'], 'created' | 'duplicate'>;

function refusal(status: Refused): ParleyError {
  switch (status) {
    case 'not_member':
      return notFound();
    case 'reply_not_found':
      return missing('replyToId', 'names no message of this conversation');
    case 'root_not_found':
      return missing('threadRootId', 'names no message of this conversation that can begin a thread');
    case 'attachment_not_found':
      return missing('attachmentIds', 'names files that can not be sent here');
  }
}

function missing(path: string, message: string): ParleyError {
  return new ParleyError('NOT_FOUND', 'Something that the message refers to is not there.', {
    fields: [{ path, message }],
  });
}
