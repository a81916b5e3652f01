import type { ChangesEvent, Message } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyCatchUp, applyChanges, hasHole, prependPage, startWindow, type Window } from './window.js';

/** The server's side: a log with dense numbers, and pages and changes read from it. */
class ModelLog {
  readonly messages: Message[] = [];
  rev = 0;
  /** What each rev touched, as it was then. */
  readonly frames: ChangesEvent[] = [];

  create(): void {
    const seq = this.messages.length + 1;
    this.messages.push(message(seq, this.rev + 1, `text ${String(seq)}`));
    this.publish(seq);
  }
  edit(seq: number): void {
    const held = this.messages[seq - 1];
    if (!held) return;
    this.messages[seq - 1] = { ...held, rev: this.rev + 1, text: `edited at ${String(this.rev + 1)}` };
    this.publish(seq);
  }
  page(before: number, limit: number) {
    const items = this.messages.filter(({ seq }) => seq < before).slice(-limit);
    return { items, hasBefore: (items[0]?.seq ?? 1) > 1, hasAfter: false, lastRev: this.rev };
  }
  changesSince(since: number): Message[] {
    return this.messages.filter(({ rev }) => rev > since).sort((a, b) => a.rev - b.rev);
  }
  private publish(seq: number): void {
    const touched = this.messages[seq - 1];
    if (!touched) return;
    this.frames.push({ conversationId: 'c', fromRev: this.rev, toRev: this.rev + 1, messages: [touched] });
    this.rev += 1;
  }
}

function message(seq: number, rev: number, text: string): Message {
  return {
    id: String(seq),
    conversationId: 'c',
    seq,
    rev,
    kind: 'text',
    senderId: 'u',
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

function expectContiguous(window: Window): void {
  const first = window.messages[0]?.seq ?? 1;
  expect(window.messages.map(({ seq }) => seq)).toEqual(
    window.messages.map((_message, index) => first + index),
  );
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'create' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('edit' as const),
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'repair' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('older' as const), stale: fc.nat(4) }) },
);

describe('window', () => {
  it('ends equal to the log whatever is lost, doubled, delayed or out of order', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.array(step, { maxLength: 120 }), (before, steps) => {
        const log = new ModelLog();
        for (let n = 0; n < before; n += 1) log.create();
        let window = startWindow(log.page(Infinity, 10), []);
        let shownRev = 0;
        const old = [{ log: log.page(window.messages[0]?.seq ?? 1, 5) }];
        for (const each of steps) {
          if (each.kind === 'create') log.create();
          else if (each.kind === 'edit') log.edit(1 + Math.floor(each.at * log.messages.length));
          else if (each.kind === 'deliver') {
            // Any frame ever sent, at any time, any number of times; most never.
            const frame = log.frames[Math.floor(each.at * log.frames.length)];
            if (frame) window = applyChanges(window, frame);
          } else if (each.kind === 'repair') {
            window = applyCatchUp(window, log.changesSince(window.rev ?? 0), log.rev);
          } else {
            const first = window.messages[0]?.seq ?? 1;
            old.push({ log: log.page(first, 5) });
            // The page may have been read some steps ago.
            const page = old.at(-1 - Math.min(each.stale, old.length - 1))?.log ?? log.page(first, 5);
            const behind = page.lastRev < (window.rev ?? 0);
            window = prependPage(window, page, behind ? log.changesSince(page.lastRev) : []);
          }
          expectContiguous(window);
          expect(window.rev ?? 0).toBeGreaterThanOrEqual(shownRev);
          shownRev = window.rev ?? 0;
          // Nothing shown is older than the window says it is.
          for (const shown of window.messages) {
            const truth = log.messages[shown.seq - 1];
            if ((truth?.rev ?? 0) <= shownRev) expect(shown).toEqual(truth);
          }
        }
        window = applyCatchUp(window, log.changesSince(window.rev ?? 0), log.rev);
        expect(hasHole(window)).toBe(false);
        expect(window.rev).toBe(log.rev);
        const first = window.messages[0]?.seq ?? 1;
        expect(window.messages).toEqual(log.messages.slice(first - 1));
      }),
      { numRuns: 300, seed: 20_261_123 },
    );
  });

  it('applies what arrived while the first page was on its way', () => {
    const log = new ModelLog();
    log.create();
    const page = log.page(Infinity, 10);
    log.create();
    log.edit(1);
    const window = startWindow(page, log.frames);
    expect(window.messages).toEqual(log.messages);
    expect(window.rev).toBe(3);
  });

  it('keeps a change beyond a hole until the hole closes', () => {
    const log = new ModelLog();
    log.create();
    let window = startWindow(log.page(Infinity, 10), []);
    log.create();
    log.create();
    const [, second, third] = log.frames;
    if (!second || !third) throw new Error('the log made no frames');
    window = applyChanges(window, third);
    expect(window.messages).toHaveLength(1);
    expect(hasHole(window)).toBe(true);
    window = applyChanges(window, second);
    expect(window.messages).toHaveLength(3);
    expect(hasHole(window)).toBe(false);
  });
});
