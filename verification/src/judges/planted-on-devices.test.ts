import { describe, expect, it } from 'vitest';
import type { Entry } from '../recording/entries.js';
import type { Defect } from './edited-recording.js';
import { copy, find, named, without } from './edited-recording.js';

describe('what devices should not have been shown is caught and named', () => {
  const defects: Defect[] = [
    {
      what: 'an applied step is dropped',
      judge: 'shown-in-order',
      plant: (entries) =>
        without(
          entries,
          find(
            entries,
            'applied',
            ({ device, messages }) => device === 'bob/1' && messages[0]?.clientMessageId === 'a4',
          ),
        ),
    },
    {
      what: 'two applied steps are swapped',
      judge: 'shown-in-order',
      plant: (entries) => {
        const first = entries.indexOf(
          find(
            entries,
            'applied',
            ({ device, messages }) => device === 'bob/1' && messages[0]?.clientMessageId === 'a4',
          ),
        );
        const second = entries.indexOf(
          find(
            entries,
            'applied',
            ({ device, messages }) => device === 'bob/1' && messages[0]?.clientMessageId === 'b4',
          ),
        );
        const [a, b] = [entries[first], entries[second]];
        if (a === undefined || b === undefined) throw new Error('nothing to swap');
        [entries[first], entries[second]] = [b, a];
        return entries;
      },
    },
    {
      what: 'an applied step is repeated',
      judge: 'shown-in-order',
      plant: (entries) => {
        const step = find(
          entries,
          'applied',
          ({ device, messages }) => device === 'bob/1' && messages[0]?.clientMessageId === 'a4',
        );
        entries.splice(entries.indexOf(step) + 1, 0, structuredClone(step));
        return entries;
      },
    },
    {
      what: 'a device is told nothing more on a connection that lives (no position check)',
      judge: 'live-delivery',
      plant: (entries) => {
        const { t } = find(entries, 'frame', ({ messages }) => messages[0]?.clientMessageId === 'a10');
        return entries.filter(
          (entry) =>
            !((entry.k === 'frame' || entry.k === 'applied') && entry.device === 'bob/1' && entry.t >= t),
        );
      },
    },
    {
      what: 'a device sees a hole and leaves it open on a connection that lives (catch-up only on reconnect)',
      judge: 'live-delivery',
      plant: (entries) => {
        const lost = find(
          entries,
          'frame',
          ({ device, messages }) => device === 'bob/1' && messages[0]?.clientMessageId === 'a10',
        );
        const { t, device, conversation, fromRev: rev, toRev: seenRev } = lost;
        const kept = without(entries, lost).filter(
          (entry) => !(entry.k === 'applied' && entry.device === device && entry.t >= t),
        );
        // What follows comes, and waits behind the hole for ever.
        const next = find(kept, 'frame', (frame) => frame.device === device && frame.fromRev >= seenRev);
        kept.splice(kept.indexOf(next) + 1, 0, {
          k: 'hole',
          t: next.t,
          device,
          conversation,
          rev,
          seenRev,
          by: 'changes',
        });
        return kept;
      },
    },
    {
      what: 'a device ends behind the database',
      judge: 'convergence',
      plant: (entries) => {
        find(entries, 'held', ({ device }) => device === 'bob/1').rev -= 1;
        return entries;
      },
    },
    {
      what: 'a device ends with a message missing',
      judge: 'convergence',
      plant: (entries) => {
        const held = find(entries, 'held', ({ device }) => device === 'bob/1');
        held.messages = held.messages.slice(0, -1);
        return entries;
      },
    },
    {
      what: 'a device passes what was committed late (a sequence as cursor)',
      judge: 'convergence',
      plant: (entries) => {
        const held = find(entries, 'held', ({ device }) => device === 'bob/1');
        held.messages = held.messages.filter(({ clientMessageId }) => clientMessageId !== 'a10');
        return entries;
      },
    },
    {
      what: 'a catch-up passes what was committed late (a sequence as cursor)',
      judge: 'shown-in-order',
      plant: (entries) => {
        const step = find(
          entries,
          'applied',
          ({ device, messages }) => device === 'bob/1' && messages[0]?.clientMessageId === 'a10',
        );
        step.messages = [];
        return entries;
      },
    },
    {
      what: 'a removed person still sees the conversation',
      judge: 'convergence',
      plant: (entries) => {
        const member = find(entries, 'database').members.find(({ user }) => user === 'cid');
        if (member !== undefined) member.left = true;
        return entries;
      },
    },
    {
      what: 'a read pointer goes back',
      judge: 'read-pointers',
      plant: (entries) => {
        const reads = entries.filter((entry) => entry.k === 'ok' && entry.readSeq !== undefined);
        const last = reads.at(-1);
        if (last?.k === 'ok') last.readSeq = 1;
        return entries;
      },
    },
    {
      what: 'an unread count is wrong',
      judge: 'read-pointers',
      plant: (entries) => {
        find(entries, 'walk', ({ user }) => user === 'cid').unread += 1;
        return entries;
      },
    },
    {
      what: 'one device of a person shows another unread count',
      judge: 'read-pointers',
      plant: (entries) => {
        const held = find(entries, 'held', ({ device }) => device === 'cid/2');
        held.unread = (held.unread ?? 0) - 1;
        return entries;
      },
    },
    {
      what: 'one device of a person shows a mention less',
      judge: 'read-pointers',
      plant: (entries) => {
        find(entries, 'held', ({ device }) => device === 'cid/2').mentions = 0;
        return entries;
      },
    },
    {
      what: 'the server told a wrong count in the middle of the run',
      judge: 'read-pointers',
      plant: (entries) => {
        find(entries, 'told').unread += 1;
        return entries;
      },
    },
    {
      what: 'a frame reaches somebody after the removal (membership not checked again)',
      judge: 'no-leak',
      plant: (entries) => {
        const frame = find(entries, 'frame', ({ messages }) => messages[0]?.clientMessageId === 'a7');
        entries.splice(entries.indexOf(frame), 0, { ...structuredClone(frame), device: 'cid/1' });
        return entries;
      },
    },
    ...(['receipts', 'typing', 'conversation', 'heads'] as const).map((event) => ({
      what: `\`${event}\` reaches somebody long after the removal`,
      judge: 'no-leak',
      plant: (entries: Entry[]) => withHeard(entries, { event, conversations: ['c1'], users: [] }),
    })),
    ...(['presence', 'user'] as const).map((event) => ({
      what: `\`${event}\` tells of somebody with whom no conversation is shared any more`,
      judge: 'no-leak',
      plant: (entries: Entry[]) => withHeard(entries, { event, conversations: [], users: ['ann'] }),
    })),
    {
      what: 'a frame without messages tells a former member how much is written',
      judge: 'no-leak',
      plant: (entries) => {
        const frame = find(entries, 'frame', ({ messages }) => messages[0]?.clientMessageId === 'a7');
        entries.splice(entries.indexOf(frame), 0, {
          ...structuredClone(frame),
          device: 'cid/1',
          messages: [],
        });
        return entries;
      },
    },
    {
      what: 'a former member can read the history',
      judge: 'no-leak',
      plant: (entries) => {
        const removal = find(
          entries,
          'ok',
          ({ op }) => op === find(entries, 'invoke', ({ action }) => action === 'remove').op,
        );
        const walk = find(entries, 'walk', ({ user }) => user === 'cid');
        return [...without(entries, walk), { ...walk, t: removal.t + 10 }];
      },
    },
    {
      what: 'a removed person could still send',
      judge: 'removal-holds',
      plant: (entries) => {
        const removal = find(entries, 'invoke', ({ action }) => action === 'remove');
        const ok = find(entries, 'ok', ({ message }) => message?.clientMessageId === 'b7');
        const invoke = find(entries, 'invoke', ({ op }) => op === ok.op);
        expect(invoke.t).toBeGreaterThan(removal.t);
        invoke.user = 'cid';
        return entries;
      },
    },
    {
      what: 'a session that was ended still gets frames',
      judge: 'sessions-end',
      plant: (entries) => {
        const first = find(entries, 'frame', ({ device }) => device === 'bob/1');
        return [...logout('bob', 'bob/1', first.t - 6_000), ...entries];
      },
    },
    {
      what: 'a session that was ended is told who reads, long after',
      judge: 'sessions-end',
      plant: (entries) => {
        const heard = find(entries, 'heard', ({ device }) => device === 'bob/1');
        const rest = entries.filter((entry) => entry.k !== 'frame' || entry.device !== 'bob/1');
        return [...logout('bob', 'bob/1', heard.t - 6_000), ...rest];
      },
    },
    {
      what: 'a session that was ended still reads over REST',
      judge: 'sessions-end',
      plant: (entries) => {
        const read = find(entries, 'invoke', ({ action, device }) => action === 'read' && device === 'bob/1');
        return [...logout('bob', 'bob/1', read.t - 100), ...entries];
      },
    },
    {
      what: 'a session that was ended connects again',
      judge: 'sessions-end',
      plant: (entries) => {
        const { t } = find(entries, 'quiet');
        const again: Entry = {
          k: 'connect',
          t,
          device: 'bob/1',
          connection: 2,
          instance: 'i1',
          epoch: 'e',
        };
        return [...entries, ...logout('bob', 'bob/1', t - 1_000), again];
      },
    },
  ];

  it.each(defects)('$what → $judge', ({ judge, plant }) => {
    expect(named(plant(copy()))).toContain(judge);
  });
});

/** One more event on a device of `cid`: later than anything may be on its way to somebody who was removed. */
function withHeard(
  entries: Entry[],
  event: { event: string; conversations: string[]; users: string[] },
): Entry[] {
  const { op } = find(entries, 'invoke', ({ action }) => action === 'remove');
  const t = find(entries, 'ok', (ok) => ok.op === op).t + 22_000;
  const later = entries.findIndex((entry) => entry.t > t);
  entries.splice(later, 0, { k: 'heard', t, device: 'cid/1', connection: 1, ...event });
  return entries;
}

/** The session of a device is ended, which takes ten milliseconds. */
function logout(user: string, device: string, t: number): Entry[] {
  const op = 9_001;
  return [
    {
      k: 'invoke',
      t,
      op,
      action: 'logout',
      user,
      device: null,
      via: 'rest',
      target: null,
      conversation: '',
      subjects: [device],
    },
    { k: 'ok', t: t + 10, op },
  ];
}
