import type { Member, Message } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { othersReadSeq } from './others-read-seq.js';

const member = (id: string, readSeq: number): Member => ({
  user: {
    id,
    username: id,
    displayName: id,
    avatarUrl: null,
    kind: 'person',
    createdAt: '2026-11-23T12:00:00.000Z',
  },
  role: 'member',
  readSeq,
  deliveredSeq: readSeq,
  joinedAt: '2026-11-23T12:00:00.000Z',
});
const text = (senderId: string, seq: number): Message =>
  ({ senderId, seq, kind: 'text' }) as Partial<Message> as Message;

describe('othersReadSeq', () => {
  it('leaves out how far the reader has read', () => {
    expect(othersReadSeq('me', [member('me', 9), member('ada', 4)], new Map(), [text('me', 9)])).toBe(4);
  });

  it('takes the furthest of members, receipts and what others wrote', () => {
    const receipts = new Map([['ada', { userId: 'ada', readSeq: 6, deliveredSeq: 6 }]]);
    expect(othersReadSeq('me', [member('ada', 4)], receipts, [text('ada', 5)])).toBe(6);
    expect(othersReadSeq('me', [member('ada', 4)], receipts, [text('ada', 8), text('me', 9)])).toBe(8);
    expect(othersReadSeq('me', [], new Map(), [])).toBe(0);
  });
});
