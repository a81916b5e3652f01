import type { ChangesEvent, Conversation, Receipt } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adopt,
  applyChanges,
  applyHead,
  applyOwnReceipt,
  applyRead,
  readAhead,
  recount,
  type Summary,
} from './summary.js';
import { logStep } from './testing/log-steps.js';
import type { LogStep } from './testing/model-log.js';
import { ModelServer } from './testing/model-server.js';

const text: LogStep = { kind: 'create', by: 'bob', mention: false, system: false };
const fraction = fc.double({ min: 0, max: 0.999, noNaN: true });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      step: logStep,
      isTold: fc.nat(4).map((n) => n > 0),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('frame' as const), at: fraction }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'look' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('answer' as const), at: fraction }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('read', 'read-here'), at: fraction }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('receipt' as const), at: fraction }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('set' as const),
      settings: fc.record({ muted: fc.boolean(), markedUnread: fc.boolean() }),
      isTold: fc.boolean(),
    }),
  },
);

function pick<T>(items: readonly T[], at: number): T | undefined {
  return items[Math.floor(at * items.length)];
}

function counts({ lastSeq, lastRev, lastMessage, title, me }: Conversation) {
  const { unread, mentions, readSeq } = me;
  return { lastSeq, lastRev, lastMessageRev: lastMessage?.rev, title, unread, mentions, readSeq };
}

function figures(conversation: Conversation) {
  const { muted, markedUnread } = conversation.me;
  return { ...counts(conversation), muted, markedUnread };
}

describe('summary', () => {
  it(
    'counts what is unread whatever comes twice, late or out of order, or says that it can not',
    { timeout: 120_000 },
    () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
          const server = new ModelServer(['a']);
          const frames: ChangesEvent[] = [];
          const receipts: Receipt[] = [];
          let now = 0;
          const look = () => ({ view: server.view('a'), askedAt: (now += 1) });
          const views = [look()];
          // What was not told once yet, by the moment at which it came to be: a later word tells it too.
          const owed = new Map<object, number>();
          let summary: Summary = adopt(undefined, server.view('a'), now);
          const answer = ({ view, askedAt }: (typeof views)[number]): void => {
            summary = adopt(summary, view, askedAt);
            for (const [what, since] of owed) if (since < askedAt) owed.delete(what);
          };
          for (const each of steps) {
            const wasMarked = server.view('a').me.markedUnread;
            if (each.kind === 'write') {
              const frame = server.write('a', each.step);
              frames.push(frame);
              if (each.isTold) summary = applyChanges(summary, frame, 'me');
              else owed.set(frame, now);
            } else if (each.kind === 'look') views.push(look());
            else if (each.kind === 'frame') {
              const frame = pick(frames, each.at);
              if (!frame) continue;
              owed.delete(frame);
              summary = applyChanges(summary, frame, 'me');
            } else if (each.kind === 'answer') {
              // An answer may be overtaken by any number of events, and of other answers.
              const view = pick(views, each.at);
              if (view) answer(view);
            } else if (each.kind === 'receipt') {
              const receipt = pick(receipts, each.at);
              if (!receipt) continue;
              owed.delete(receipt);
              summary = applyOwnReceipt(summary, receipt);
            } else if (each.kind === 'set') {
              server.set('a', each.settings);
              if (each.isTold) answer(look());
              else owed.set(each, now);
            } else {
              const seq = Math.floor(each.at * (summary.conversation.lastSeq + 1));
              const receipt = server.read('a', seq);
              if (each.kind === 'read-here') summary = readAhead(summary, seq);
              if (receipt) receipts.push(receipt);
              if (receipt && each.kind === 'read') owed.set(receipt, now);
            }
            // That reading or sending took a mark away is told by a word of its own.
            if (wasMarked && !server.view('a').me.markedUnread) owed.set(each, now);
            if (owed.size === 0 && !summary.isDoubtful)
              expect(figures(summary.conversation)).toEqual(figures(server.view('a')));
          }
          for (const frame of frames) summary = applyChanges(summary, frame, 'me');
          for (const receipt of receipts) summary = applyOwnReceipt(summary, receipt);
          const truth = look();
          const recounted = recount(summary, server.log('a').shown, 'me');
          expect(recounted === null).toBe(summary.conversation.me.markedUnread);
          if (recounted) expect(counts(recounted.conversation)).toEqual(counts(truth.view));
          if (!summary.isDoubtful) expect(counts(summary.conversation)).toEqual(counts(truth.view));
          answer(truth);
          expect(figures(summary.conversation)).toEqual(figures(truth.view));
        }),
        { numRuns: 2_000, seed: 20_261_123 },
      );
    },
  );

  function withUnread(count: number): { server: ModelServer; summary: Summary } {
    const server = new ModelServer(['a']);
    for (let n = 0; n < count; n += 1) server.write('a', text);
    return { server, summary: adopt(undefined, server.view('a'), 1) };
  }

  it('shows the number of the answer while the pointer stands in the middle, and asks for the server’s word', () => {
    const { summary } = withUnread(5);
    const read = applyRead(summary, { readSeq: 3, unread: 3 });
    expect(read.conversation.me.unread).toBe(3);
    expect(read.isDoubtful).toBe(true);
  });

  it('does not count down for a message that came while the answer was on its way', () => {
    const { server, summary } = withUnread(5);
    const next = applyChanges(summary, server.write('a', text), 'me');
    expect(applyRead(next, { readSeq: 6, unread: 0 }).conversation.me.unread).toBe(1);
  });

  it('takes a mark away by reading, and asks when another device may have', () => {
    const { summary } = withUnread(1);
    const { conversation } = summary;
    const marked = {
      ...summary,
      conversation: { ...conversation, me: { ...conversation.me, markedUnread: true } },
    };
    expect(readAhead(marked, 2).conversation.me.markedUnread).toBe(false);
    expect(applyOwnReceipt(marked, { userId: 'me', readSeq: 0, deliveredSeq: 0 }).isDoubtful).toBe(true);
  });

  it('keeps a mark that was set while the answer to a read was on its way, and asks', () => {
    const { summary } = withUnread(1);
    const view = summary.conversation;
    const marked = adopt(readAhead(summary, 2), { ...view, me: { ...view.me, markedUnread: true } }, 2);
    const answered = applyRead(marked, { readSeq: 2, unread: 0 });
    expect(answered.conversation.me.markedUnread).toBe(true);
    expect(answered.isDoubtful).toBe(true);
  });

  it('takes back neither what is unread nor a setting for an answer that was overtaken', () => {
    const { server, summary } = withUnread(1);
    const overtaken = server.view('a');
    server.set('a', { muted: true, markedUnread: true });
    server.write('a', text);
    const next = adopt(summary, server.view('a'), 3);
    expect(next.conversation.me).toMatchObject({ unread: 2, muted: true, markedUnread: true });
    expect(adopt(next, overtaken, 2)).toBe(next);
    expect(adopt(next, overtaken, 4)).toBe(next);
  });

  it('takes of two words that differ in settings alone the one that was asked for later', () => {
    const { server, summary } = withUnread(1);
    const first = server.view('a');
    server.set('a', { muted: true, markedUnread: false });
    const muted = adopt(summary, server.view('a'), 3);
    expect(adopt(muted, first, 2)).toBe(muted);
    expect(adopt(muted, first, 4).conversation.me.muted).toBe(false);
  });

  it('knows an older word by its pointers', () => {
    const { server, summary } = withUnread(3);
    const overtaken = server.view('a');
    server.read('a', 3);
    const read = adopt(summary, server.view('a'), 2);
    expect(read.conversation.me.unread).toBe(1);
    expect(adopt(read, overtaken, 3)).toBe(read);
  });

  it('takes the newest message from an answer that lacks a later change of an older one', () => {
    const { server, summary } = withUnread(1);
    server.write('a', text);
    const answer = server.view('a');
    const edit = server.write('a', { kind: 'edit', at: 0, by: 'bob' });
    const next = adopt(applyChanges(summary, edit, 'me'), answer, 2);
    expect(figures(next.conversation)).toEqual(figures(server.view('a')));
  });

  it('does not count a mention again that was deleted before', () => {
    const { server, summary } = withUnread(1);
    const mention = server.write('a', { kind: 'create', by: 'bob', mention: true, system: false });
    const deletion = server.write('a', { kind: 'delete', at: 0.9, by: 'bob' });
    const next = applyChanges(applyChanges(summary, deletion, 'me'), mention, 'me');
    expect(next.conversation.me).toMatchObject({ unread: 2, mentions: 0 });
  });

  it('keeps what it counted from the messages themselves when the server’s next word has not all of them', () => {
    const { server, summary } = withUnread(2);
    server.write('a', text);
    const overtaken = server.view('a');
    const next = applyChanges(summary, server.write('a', text), 'me');
    const recounted = recount({ ...next, isDoubtful: true }, server.log('a').shown, 'me');
    if (!recounted) throw new Error('All messages are at hand');
    expect(adopt(recounted, overtaken, 2).conversation.me.unread).toBe(4);
  });

  it('knows up to where nothing was missed', () => {
    const { server, summary } = withUnread(1);
    const missed = server.write('a', text);
    const next = applyChanges(summary, server.write('a', text), 'me');
    expect(next.conversation.lastRev).toBe(4);
    expect(next.knownRev).toBe(2);
    expect(applyChanges(next, missed, 'me').knownRev).toBe(3);
    expect(applyHead(next, 3)).toBe(next);
  });
});
