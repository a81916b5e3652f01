import type { OutboxEntry } from '@parley/client';
import type { Message } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { timelineItems } from './timeline-items.js';

const NOON = new Date(2026, 10, 23, 12, 0).getTime();

function message(seq: number, senderId: string, minutes: number, fields: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`,
    conversationId: 'c',
    seq,
    rev: seq,
    kind: 'text',
    senderId,
    clientMessageId: null,
    text: `text ${seq}`,
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
    createdAt: new Date(NOON + minutes * 60_000).toISOString(),
    ...fields,
  };
}

function outgoing(clientMessageId: string, minutes: number): OutboxEntry {
  return {
    clientMessageId,
    conversationId: 'c',
    text: 'waiting',
    replyToId: null,
    threadRootId: null,
    createdAt: new Date(NOON + minutes * 60_000).toISOString(),
    order: 1,
    state: 'pending',
    error: null,
  };
}

function shape(
  messages: Message[],
  entries: OutboxEntry[] = [],
  unreadAfterSeq: number | null = null,
): string[] {
  return timelineItems({ messages, outgoing: entries, meId: 'me', unreadAfterSeq }).map((item) =>
    [
      item.day === null ? '' : 'day ',
      item.unread ? 'unread ' : '',
      item.key,
      item.first ? ' first' : '',
      item.last ? ' last' : '',
    ].join(''),
  );
}

describe('timelineItems', () => {
  it('groups what one person writes without a pause', () => {
    expect(
      shape([message(1, 'ada', 0), message(2, 'ada', 1), message(3, 'ada', 7), message(4, 'bob', 8)]),
    ).toEqual(['day m1 first', 'm2 last', 'm3 first last', 'm4 first last']);
  });

  it('begins a group after a system message and at a reply', () => {
    const joined = message(2, 'ada', 0, { kind: 'system', system: { type: 'joined', userIds: ['bob'] } });
    expect(
      shape([message(1, 'ada', 0), joined, message(3, 'ada', 0), message(4, 'ada', 0, { replyToId: 'm1' })]),
    ).toEqual(['day m1 first last', 'm2 first last', 'm3 first last', 'm4 first last']);
  });

  it('marks where a day begins, and never goes back to one', () => {
    const day = 24 * 60;
    expect(shape([message(1, 'ada', 0), message(2, 'ada', day), message(3, 'ada', day - 1_000)])).toEqual([
      'day m1 first last',
      'day m2 first',
      'm3 last',
    ]);
  });

  it('draws the unread line once, above the first text of somebody else', () => {
    const messages = [message(1, 'ada', 0), message(2, 'me', 0), message(3, 'ada', 0), message(4, 'ada', 0)];
    expect(shape(messages, [], 1)).toEqual([
      'day m1 first last',
      'm2 first last',
      'unread m3 first',
      'm4 last',
    ]);
    expect(shape(messages, [], 4).join()).not.toContain('unread');
  });

  it('lets an own message keep its row when it turns from waiting into stored', () => {
    const before = shape([message(1, 'me', 0)], [outgoing('abc', 1)]);
    const after = shape([message(1, 'me', 0), message(2, 'me', 1, { clientMessageId: 'abc' })]);
    expect(before).toEqual(['day m1 first', 'own:abc last']);
    expect(after).toEqual(before);
  });
});
