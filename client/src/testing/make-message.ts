import type { Message } from '@parley/protocol';

export function makeMessage(fields: Partial<Message> & Pick<Message, 'seq' | 'rev'>): Message {
  const { conversationId = 'c' } = fields;
  return {
    id: `${conversationId}-${String(fields.seq)}`,
    conversationId,
    kind: 'text',
    senderId: 'bob',
    clientMessageId: null,
    text: `text ${String(fields.seq)}`,
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
    createdAt: '2026-01-01T00:00:00.000Z',
    ...fields,
  };
}
