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
);

function pick<T>(items: readonly T[], at: number): T | undefined {
  return items[Math.floor(at * items.length)];
}

function figures({ lastSeq, lastRev, lastMessage, title, me }: Conversation) {
  const { unread, mentions, readSeq } = me;
  return { lastSeq, lastRev, lastMessageRev: lastMessage?.rev, title, unread, mentions, readSeq };
}

describe('summary', () => {
  it('counts what is unread whatever comes twice, late or out of order, or says that it can not', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const server = new ModelServer(['a']);
        const frames: ChangesEvent[] = [];
        const views = [server.view('a')];
        const receipts: Receipt[] = [];
        // Frames and receipts that were not told once yet.
        const owed = new Set<object>();
        let summary: Summary = adopt(undefined, server.view('a'));
        for (const each of steps) {
          if (each.kind === 'write') {
            const frame = server.write('a', each.step);
            frames.push(frame);
            if (each.isTold) summary = applyChanges(summary, frame, 'me');
            else owed.add(frame);
          } else if (each.kind === 'look') views.push(server.view('a'));
          else if (each.kind === 'frame') {
            const frame = pick(frames, each.at);
            if (!frame) continue;
            owed.delete(frame);
            summary = applyChanges(summary, frame, 'me');
          } else if (each.kind === 'answer') {
            // An answer may be overtaken by any number of events.
            const view = pick(views, each.at);
            if (view) summary = adopt(summary, view);
          } else if (each.kind === 'receipt') {
            const receipt = pick(receipts, each.at);
            if (!receipt) continue;
            owed.delete(receipt);
            summary = applyOwnReceipt(summary, receipt);
          } else {
            const seq = Math.floor(each.at * (summary.conversation.lastSeq + 1));
            const receipt = server.read('a', seq);
            if (each.kind === 'read-here') summary = readAhead(summary, seq);
            if (!receipt) continue;
            receipts.push(receipt);
            if (each.kind === 'read') owed.add(receipt);
          }
          if (owed.size === 0 && !summary.isDoubtful)
            expect(figures(summary.conversation)).toEqual(figures(server.view('a')));
        }
        for (const frame of frames) summary = applyChanges(summary, frame, 'me');
        for (const receipt of receipts) summary = applyOwnReceipt(summary, receipt);
        const truth = server.view('a');
        const own = server.log('a').shown;
        expect(figures((recount(summary, own, 'me') ?? summary).conversation)).toEqual(figures(truth));
        if (!summary.isDoubtful) expect(figures(summary.conversation)).toEqual(figures(truth));
        expect(figures(adopt(summary, truth).conversation)).toEqual(figures(truth));
      }),
      { numRuns: 500, seed: 20_261_123 },
    );
  });

  function withUnread(count: number): { server: ModelServer; summary: Summary } {
    const server = new ModelServer(['a']);
    for (let n = 0; n < count; n += 1) server.write('a', text);
    return { server, summary: adopt(undefined, server.view('a')) };
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
    const marked = adopt(readAhead(summary, 2), { ...view, me: { ...view.me, markedUnread: true } });
    const answered = applyRead(marked, { readSeq: 2, unread: 0 });
    expect(answered.conversation.me.markedUnread).toBe(true);
    expect(answered.isDoubtful).toBe(true);
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
