import type { Message } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { contiguousPieces } from './contiguous-pieces.js';

function message(rev: number, text: string): Message {
  return {
    id: `message ${String(rev)}`,
    conversationId: 'conversation',
    seq: rev,
    rev,
    kind: 'text',
    senderId: 'sender',
    clientMessageId: null,
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
    createdAt: '2026-01-01T00:00:00.000Z',
  };
}

const KIB = 1_024;

describe('pieces of a log', () => {
  it('is one where it is small, empty or a single message', () => {
    expect(contiguousPieces(3, 5, [])).toMatchObject([{ fromRev: 3, toRev: 5, messages: [] }]);
    const small = [message(4, 'a'), message(5, 'b')];
    expect(contiguousPieces(3, 5, small)).toMatchObject([{ fromRev: 3, toRev: 5, messages: small }]);
    expect(contiguousPieces(3, 4, [message(4, 'x'.repeat(100 * KIB))])).toHaveLength(1);
  });

  it('follow each other without a hole, none above 64 KiB, with every message once', () => {
    // Letters of two bytes; every second rev belongs to a message that was touched again later.
    const messages = Array.from({ length: 64 }, (_, index) => message(12 + 2 * index, 'é'.repeat(8_000)));
    const pieces = contiguousPieces(10, 140, messages);
    expect(pieces.length).toBeGreaterThan(16);
    let rev = 10;
    for (const piece of pieces) {
      expect(piece.fromRev).toBe(rev);
      expect(piece.messages.every((one) => one.rev > rev && one.rev <= piece.toRev)).toBe(true);
      expect(Buffer.byteLength(JSON.stringify(piece.messages))).toBeLessThanOrEqual(64 * KIB);
      rev = piece.toRev;
    }
    expect(rev).toBe(140);
    expect(pieces.flatMap((piece) => piece.messages)).toEqual(messages);
  });

  it('do not end above their range', () => {
    const above = [
      message(6, 'x'.repeat(40 * KIB)),
      message(20, 'x'.repeat(40 * KIB)),
      message(21, 'y'.repeat(40 * KIB)),
    ];
    expect(contiguousPieces(5, 7, above).map(({ fromRev, toRev }) => [fromRev, toRev])).toEqual([
      [5, 6],
      [6, 7],
    ]);
  });
});
