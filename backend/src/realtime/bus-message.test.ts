import { describe, expect, it } from 'vitest';
import { decodeBusMessage, encodeBusMessage } from './bus-message.js';
import type { BusMessage } from './bus-message.js';
import { frameOf, webSocketFrame } from './room-frame.js';

const changes = { conversationId: 'c1', fromRev: 3, toRev: 5, messages: [] };

describe('a message of the bus', () => {
  it.each<[string, BusMessage]>([
    [
      'a piece of a log',
      { kind: 'frame', rooms: ['c:c1'], frame: frameOf('changes', changes, { changes, membersRev: 4 }) },
    ],
    [
      'something passing, to several rooms, with line breaks and all kinds of letters',
      {
        kind: 'frame',
        rooms: ['c:c1', 'u:u1'],
        frame: frameOf('typing', { conversationId: 'c\n1', userIds: ['ü', '🎉\n'] }, { isVolatile: true }),
      },
    ],
    [
      'what shows a conversation to a person',
      { kind: 'frame', rooms: ['u:u1'], frame: frameOf('heads', { heads: {} }, { about: 'c1' }) },
    ],
    ['a join', { kind: 'join', from: 'u:u1', rooms: ['c:c1'] }],
    ['an end', { kind: 'close', from: 's:s1', rooms: [] }],
  ])('arrives as it was sent: %s', (_, message) => {
    const arrived = decodeBusMessage('there', encodeBusMessage('here', message));
    const carried = { conversationId: 'c1', fromRev: 3, toRev: 5 };
    expect(arrived).toEqual(
      message.kind === 'frame' && message.frame.changes
        ? { ...message, frame: { ...message.frame, changes: carried } }
        : message,
    );
  });

  it('is nothing to the instance that sent it', () => {
    const message: BusMessage = { kind: 'leave', from: 'u:u1', rooms: ['c:c1'] };
    expect(decodeBusMessage('here', encodeBusMessage('here', message))).toBeNull();
  });

  it('is refused where it is not ours', () => {
    expect(() => decodeBusMessage('here', Buffer.from('nonsense'))).toThrow();
  });
});

describe('a WebSocket frame', () => {
  it.each([
    [1, 2],
    [125, 2],
    [126, 4],
    [65_535, 4],
    [65_536, 10],
  ])('of %d bytes has a head of %d', (length, head) => {
    const frame = webSocketFrame(Buffer.alloc(length, 'x'));
    expect(frame.length).toBe(head + length);
    expect(frame[0]).toBe(0x81);
    expect(frame.subarray(head).toString()).toBe('x'.repeat(length));
    const told =
      head === 2 ? frame[1] : head === 4 ? frame.readUInt16BE(2) : Number(frame.readBigUInt64BE(2));
    expect(told).toBe(length);
  });
});
