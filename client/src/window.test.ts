import type { Message } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeMessage } from './testing/make-message.js';
import { logStep } from './testing/log-steps.js';
import { ModelLog, type LogStep } from './testing/model-log.js';
import {
  applyCatchUp,
  applyChanges,
  isBehind,
  missingForPage,
  noteHead,
  prependPage,
  startWindow,
  type Window,
} from './window.js';

const create: LogStep = { kind: 'create', by: 'bob', mention: false, system: false };

function catchUp(window: Window, log: ModelLog): Window {
  const since = window.rev ?? 0;
  return applyCatchUp(
    window,
    { since, items: log.changes(since, Infinity, Infinity).items, lastRev: log.rev },
    'me',
  );
}

const fraction = fc.double({ min: 0, max: 0.999, noNaN: true });
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('log' as const), step: logStep }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('deliver' as const), at: fraction }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('catch-up' as const), age: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'head' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'ask-older' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('older' as const), at: fraction }) },
);

describe('window', () => {
  it('ends equal to the log whatever is lost, doubled, delayed or out of order', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.array(step, { maxLength: 120, size: 'max' }), (before, steps) => {
        const log = new ModelLog('c');
        for (let n = 0; n < before; n += 1) log.apply(create);
        let window = startWindow(log.page(undefined, 10), [], 'me');
        const catchUps = [{ since: log.rev, items: [] as Message[], lastRev: log.rev }];
        const pages = [log.page(window.messages[0]?.seq ?? 1, 5)];
        for (const each of steps) {
          const shownRev = window.rev ?? 0;
          const lastSeq = window.messages.at(-1)?.seq ?? 0;
          const shown = new Map(window.messages.map(({ seq, rev }) => [seq, rev]));
          if (each.kind === 'log') log.apply(each.step);
          else if (each.kind === 'deliver') {
            // Any frame ever sent, at any time, any number of times; most never.
            const frame = log.frames[Math.floor(each.at * log.frames.length)];
            if (frame) window = applyChanges(window, frame, 'me');
          } else if (each.kind === 'catch-up') {
            // Its answer, or an older one that comes late.
            const since = window.rev ?? 0;
            catchUps.push({ since, items: log.changes(since, Infinity, Infinity).items, lastRev: log.rev });
            const answer = catchUps.at(-1 - Math.min(each.age, catchUps.length - 1));
            if (answer) window = applyCatchUp(window, answer, 'me');
          } else if (each.kind === 'head') window = noteHead(window, log.rev);
          else if (each.kind === 'ask-older') pages.push(log.page(window.messages[0]?.seq ?? 1, 5));
          else {
            // A page that may have been read long ago: shown only with what changed since.
            const page = pages[Math.floor(each.at * pages.length)];
            if (!page) continue;
            const since = missingForPage(window, page.lastRev);
            window = prependPage(
              window,
              page,
              since === null ? [] : log.changes(since, Infinity, Infinity).items,
            );
          }
          expect(window.rev ?? 0).toBeGreaterThanOrEqual(shownRev);
          expect(window.messages.at(-1)?.seq ?? 0).toBeGreaterThanOrEqual(lastSeq);
          for (const { seq, rev } of window.messages) expect(rev).toBeGreaterThanOrEqual(shown.get(seq) ?? 0);
          expectTrue(window, log);
        }
        window = catchUp(noteHead(window, log.rev), log);
        expect(isBehind(window)).toBe(false);
        expect(window.rev).toBe(log.rev);
        expect(window.messages).toEqual(log.shown.slice((window.messages[0]?.seq ?? 1) - 1));
      }),
      { numRuns: 100, seed: 20_261_123 },
    );
  });

  /** No holes, and nothing shown is older than the window says it is. */
  function expectTrue(window: Window, log: ModelLog): void {
    const first = window.messages[0]?.seq ?? 1;
    const truth = log.shown;
    window.messages.forEach((message, index) => {
      expect(message.seq).toBe(first + index);
      const now = truth[message.seq - 1];
      if ((now?.rev ?? 0) <= (window.rev ?? 0)) expect(message).toEqual(now);
    });
  }

  it('applies what arrived while the first page was on its way', () => {
    const log = new ModelLog('c');
    log.apply(create);
    const page = log.page(undefined, 10);
    log.apply(create);
    log.apply({ kind: 'edit', at: 0, by: 'bob' });
    const window = startWindow(page, log.frames, 'me');
    expect(window.messages).toEqual(log.messages);
    expect(window.rev).toBe(3);
  });

  it('keeps a change beyond a hole until the hole closes', () => {
    const log = new ModelLog('c');
    log.apply(create);
    let window = startWindow(log.page(undefined, 10), [], 'me');
    const second = log.apply(create);
    const third = log.apply(create);
    window = applyChanges(window, third, 'me');
    expect(window.messages).toHaveLength(1);
    expect(isBehind(window)).toBe(true);
    window = applyChanges(window, second, 'me');
    expect(window.messages).toHaveLength(3);
    expect(isBehind(window)).toBe(false);
  });

  it('does not show an older page without the changes since it was read', () => {
    const log = new ModelLog('c');
    for (let n = 0; n < 4; n += 1) log.apply(create);
    let window = startWindow(log.page(undefined, 2), [], 'me');
    const page = log.page(3, 2);
    window = applyChanges(window, log.apply({ kind: 'delete', at: 0, by: 'bob' }), 'me');
    expect(missingForPage(window, page.lastRev)).toBe(4);
    window = prependPage(window, page, log.changes(4, 10, 100).items);
    expect(window.messages[0]?.deletedAt).not.toBeNull();
    expect(window.rev).toBe(5);
  });

  it('does not replace a message by what it was before', () => {
    const log = new ModelLog('c');
    for (let n = 0; n < 4; n += 1) log.apply(create);
    let window = startWindow(log.page(undefined, 2), [], 'me');
    const older = log.apply({ kind: 'edit', at: 0, by: 'bob' });
    log.apply({ kind: 'edit', at: 0, by: 'bob' });
    window = prependPage(window, log.page(3, 2), []);
    window = applyChanges(window, older, 'me');
    expect(window.messages[0]?.rev).toBe(6);
  });

  it('drops a catch-up that began above its rev', () => {
    const log = new ModelLog('c');
    log.apply(create);
    const window = startWindow(log.page(undefined, 10), [], 'me');
    log.apply(create);
    const third = log.apply(create);
    expect(applyCatchUp(window, { since: 2, items: third.messages, lastRev: 3 }, 'me')).toBe(window);
  });

  it('keeps an own reaction in a crowd, which events do not name', () => {
    const crowd = { emoji: '👍', count: 300, userIds: ['a', 'b'] };
    const page = {
      items: [makeMessage({ seq: 1, rev: 1, reactions: [{ ...crowd, mine: true as const }] })],
      hasBefore: false,
      hasAfter: false,
      lastRev: 1,
    };
    let window = startWindow(page, [], 'me');
    const frame = (rev: number, reacted: { userId: string; on: boolean }[]) => ({
      conversationId: 'c',
      fromRev: rev - 1,
      toRev: rev,
      messages: [makeMessage({ seq: 1, rev, reactions: [crowd] })],
      reacted: reacted.map((each) => ({ messageId: 'c-1', emoji: '👍', ...each })),
    });
    window = applyChanges(window, frame(2, [{ userId: 'z', on: true }]), 'me');
    expect(window.messages[0]?.reactions[0]?.mine).toBe(true);
    window = applyChanges(window, frame(3, [{ userId: 'me', on: false }]), 'me');
    expect(window.messages[0]?.reactions[0]?.mine).toBeUndefined();
  });
});
