import type { Ack, ChangesEvent, CommandInput, CommandResult, Message, ReadyEvent } from '@parley/protocol';
import { PROTOCOL_VERSION } from '@parley/protocol';
import { randomUUID } from 'node:crypto';

/** What a baseline's client gives in the handshake: nothing is looked up, so it says itself where it belongs. */
export interface BaselineAuth {
  readonly userId: string;
  readonly rooms: readonly string[];
}

type SendInput = CommandInput<'message:send'>;

/** As long as the numbers that the product counts with in the bench. */
const FIRST_NUMBER = 1_000_000;
const counters = new Map<string, number>();

/** What the product would send for a message, made of the same fields, so that frames have the same bytes. Nothing is stored. */
export function answersTo(
  senderId: string,
  { conversationId, clientMessageId, text }: SendInput,
): { changes: ChangesEvent; ack: Ack<CommandResult<'message:send'>> } {
  const seq = (counters.get(conversationId) ?? FIRST_NUMBER) + 1;
  counters.set(conversationId, seq);
  const message: Message = {
    id: randomUUID(),
    conversationId,
    seq,
    rev: seq,
    kind: 'text',
    senderId,
    clientMessageId,
    text,
    replyToId: null,
    threadRootId: null,
    threadReplies: 0,
    mentions: [],
    mentionsAll: false,
    attachments: [],
    reactions: [],
    system: null,
    pinnedAt: null,
    editedAt: null,
    deletedAt: null,
    createdAt: new Date().toISOString(),
  };
  return {
    changes: { conversationId, fromRev: seq - 1, toRev: seq, messages: [message] },
    ack: { ok: true, data: { message }, rate: { limit: 100_000, remaining: 99_999, resetMs: 60_000 } },
  };
}

export function readyFor(userId: string): ReadyEvent {
  return {
    userId,
    sessionId: userId,
    instanceId: 'baseline',
    epoch: 'baseline',
    serverTime: new Date().toISOString(),
    protocol: PROTOCOL_VERSION,
    features: [],
    limits: {
      textLength: 8_000,
      attachmentsPerMessage: 10,
      messagesPerMinute: 100_000,
      typingIntervalMs: 3_000,
      headsIntervalMs: 4_000,
      repairSpreadMs: 2_000,
      receiptsMaxMembers: 100,
    },
  };
}
