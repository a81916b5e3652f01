import type { ChangesEvent, Message } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FrameMerger } from './frame-merger.js';

const ROOM = 'room';

function message(rev: number, { id = `m${rev}`, text = 'x' }: { id?: string; text?: string } = {}): Message {
  return {
    id,
    conversationId: ROOM,
    seq: rev,
    rev,
    kind: 'text',
    senderId: 'anna',
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

function piece(rev: number, more: Partial<ChangesEvent> = {}): ChangesEvent {
  return { conversationId: ROOM, fromRev: rev - 1, toRev: rev, messages: [message(rev)], ...more };
}

/** A merger on a clock of its own; each frame takes `costMs` to write. */
function setUp(costMs: number, sockets = 200) {
  const frames: { membersRev: number; changes: ChangesEvent; at: number }[] = [];
  const merger = new FrameMerger(
    (membersRev, changes) => {
      frames.push({ membersRev, changes, at: performance.now() });
      vi.setSystemTime(Date.now() + costMs);
      vi.advanceTimersByTime(costMs);
    },
    () => sockets,
  );
  // What one frame costs is believed from the second on.
  merger.add(0, piece(0));
  frames.length = 0;
  vi.advanceTimersByTime(1_000);
  const revs = (): [number, number][] => frames.map(({ changes }) => [changes.fromRev, changes.toRev]);
  return { merger, frames, revs };
}

describe('frames of a busy conversation', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('leave at once while the conversation is quiet', () => {
    const { merger, revs } = setUp(2);
    merger.add(0, piece(1));
    vi.advanceTimersByTime(100);
    merger.add(0, piece(2));
    expect(revs()).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  it('are shared by what comes while it rests, for at most 25 ms, however dear a frame is', () => {
    const { merger, frames, revs } = setUp(100);
    merger.add(0, piece(1));
    for (let rev = 2; rev <= 6; rev += 1) merger.add(0, piece(rev));
    expect(revs()).toEqual([[0, 1]]);
    const waitsFrom = performance.now();
    vi.advanceTimersByTime(26);
    expect(revs()).toEqual([
      [0, 1],
      [1, 6],
    ]);
    expect(frames[1]?.changes.messages.map(({ rev }) => rev)).toEqual([2, 3, 4, 5, 6]);
    expect((frames[1]?.at ?? Infinity) - waitsFrom).toBeLessThanOrEqual(25);
  });

  it('never wait in a small room, however busy the machine is', () => {
    const { merger, frames } = setUp(50, 24);
    for (let rev = 1; rev <= 20; rev += 1) merger.add(0, piece(rev));
    expect(frames).toHaveLength(20);
  });

  it('do not wait since one of them took long: the process may have waited for the processor', () => {
    const frames: ChangesEvent[] = [];
    const merger = new FrameMerger(
      (_, changes) => {
        vi.advanceTimersByTime(frames.length === 1 ? 20 : 0);
        frames.push(changes);
      },
      () => 200,
    );
    for (let rev = 1; rev <= 5; rev += 1) merger.add(0, piece(rev));
    expect(frames).toHaveLength(5);
  });

  it('hold no hole: what does not follow begins a frame of its own', () => {
    const { merger, revs } = setUp(5);
    merger.add(0, piece(1));
    merger.add(0, piece(2));
    // Another instance has written 3.
    merger.add(0, piece(4));
    vi.advanceTimersByTime(100);
    expect(revs()).toEqual([
      [0, 1],
      [1, 2],
      [3, 4],
    ]);
  });

  it('show a message once, as it was last, with all reactions and the strictest membership', () => {
    const { merger, frames } = setUp(5);
    merger.add(0, piece(1));
    merger.add(0, piece(2, { messages: [message(2, { id: 'm', text: 'first' })] }));
    const reacted = { messageId: 'm', userId: 'bob', emoji: '👍', on: true };
    merger.add(7, piece(3, { messages: [message(3, { id: 'm', text: 'edited' })], reacted: [reacted] }));
    merger.add(7, piece(4));
    vi.advanceTimersByTime(100);
    const [, shared] = frames;
    expect(shared?.membersRev).toBe(7);
    expect(shared?.changes).toMatchObject({ fromRev: 1, toRev: 4, reacted: [reacted] });
    expect(shared?.changes.messages.map(({ text, rev }) => [rev, text])).toEqual([
      [3, 'edited'],
      [4, 'x'],
    ]);
  });

  it('are bounded: a full one leaves before its time, and the order stays', () => {
    const { merger, frames } = setUp(5);
    merger.add(0, piece(1));
    for (let rev = 2; rev <= 70; rev += 1) merger.add(0, piece(rev));
    for (let rev = 71; rev <= 80; rev += 1)
      merger.add(0, piece(rev, { messages: [message(rev, { text: 'y'.repeat(8_000) })] }));
    vi.advanceTimersByTime(100);
    const pieces = frames.map(({ changes }) => changes);
    expect(pieces.every(({ messages }) => messages.length <= 64)).toBe(true);
    expect(
      pieces.every(({ messages }) => messages.reduce((sum, { text }) => sum + text.length, 0) < 48_000),
    ).toBe(true);
    expect(pieces.flatMap(({ messages }) => messages.map(({ rev }) => rev))).toEqual(
      Array.from({ length: 80 }, (_, index) => index + 1),
    );
    pieces.slice(1).forEach(({ fromRev }, index) => {
      expect(fromRev).toBe(pieces[index]?.toRev);
    });
  });

  it('leave when the instance does', () => {
    const { merger, revs } = setUp(5);
    merger.add(0, piece(1));
    merger.add(0, piece(2));
    merger.flushAll();
    expect(revs()).toEqual([
      [0, 1],
      [1, 2],
    ]);
    vi.advanceTimersByTime(100);
    expect(revs()).toHaveLength(2);
  });
});
