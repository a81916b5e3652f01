import { describe, expect, it } from 'vitest';
import type { Entry } from '../recording/entries.js';
import { judgeAll } from '../report/summary.js';
import type { Defect } from './edited-recording.js';
import { copy, find, goodRun, named } from './edited-recording.js';
import { Recorded } from './recorded.js';

describe('a run in which everything is right', () => {
  it('passes every judge', () => {
    expect(
      judgeAll(new Recorded(goodRun())).flatMap(({ name, violations }) =>
        violations.map(({ what }) => `${name}: ${what}`),
      ),
    ).toEqual([]);
  });
});

describe('an edited log is caught and named', () => {
  const defects: Defect[] = [
    {
      what: 'an acknowledged message is gone from the database (acknowledged before COMMIT)',
      judge: 'acknowledged-is-stored',
      plant: (entries) => {
        const database = find(entries, 'database');
        database.rows = database.rows.filter(({ clientMessageId }) => clientMessageId !== 'b7');
        return entries;
      },
    },
    {
      what: 'an acknowledged message is missing from the history',
      judge: 'acknowledged-is-stored',
      plant: (entries) => {
        for (const entry of entries)
          if (entry.k === 'walk')
            entry.messages = entry.messages.filter(({ clientMessageId }) => clientMessageId !== 'a3');
        return entries;
      },
    },
    {
      what: 'a message is stored that was refused',
      judge: 'refused-is-absent',
      plant: (entries) => {
        const ok = find(entries, 'ok', ({ message }) => message?.clientMessageId === 'b4');
        return entries.map((entry) =>
          entry === ok ? { k: 'fail', t: ok.t, op: ok.op, code: 'FORBIDDEN' } : entry,
        );
      },
    },
    {
      what: 'a message is stored that nobody sent',
      judge: 'refused-is-absent',
      plant: (entries) => {
        const row = find(entries, 'database').rows.find(({ clientMessageId }) => clientMessageId === 'b4');
        if (row !== undefined) row.clientMessageId = 'stranger';
        return entries;
      },
    },
    {
      what: 'two rows have one client id (no unique key)',
      judge: 'one-row-per-client-id',
      plant: (entries) => {
        const row = find(entries, 'database').rows.find(({ clientMessageId }) => clientMessageId === 'b4');
        if (row !== undefined) row.clientMessageId = 'b5';
        return entries;
      },
    },
    {
      what: 'a repeat is answered with another message',
      judge: 'one-row-per-client-id',
      plant: (entries) => {
        const repeated = find(entries, 'ok', ({ duplicate }) => duplicate === true);
        if (repeated.message !== undefined) repeated.message = { ...repeated.message, id: 'another' };
        return entries;
      },
    },
    {
      what: 'a number is skipped (a sequence as the number)',
      judge: 'dense-numbers',
      plant: (entries) => {
        const database = find(entries, 'database');
        for (const row of database.rows) if (row.seq > 9) row.seq += 1;
        return entries;
      },
    },
    {
      what: 'the counter is ahead of the messages',
      judge: 'dense-numbers',
      plant: (entries) => {
        find(entries, 'database').lastSeq += 1;
        return entries;
      },
    },
    {
      what: 'two changes share a rev',
      judge: 'dense-numbers',
      plant: (entries) => {
        const frame = find(entries, 'frame', ({ messages }) => messages[0]?.clientMessageId === 'a4');
        frame.messages = frame.messages.map((message) => ({ ...message, seq: message.seq + 1 }));
        return entries;
      },
    },
    {
      what: 'one device is told another text',
      judge: 'observers-agree',
      plant: (entries) => {
        const frame = find(entries, 'frame', ({ messages }) => messages[0]?.clientMessageId === 'a4');
        frame.messages = frame.messages.map((message) => ({ ...message, core: 'other', full: 'other' }));
        return entries;
      },
    },
    {
      what: 'a reaction differs between two observers',
      judge: 'observers-agree',
      plant: (entries) => {
        const walk = find(entries, 'walk');
        walk.messages = walk.messages.map((message) =>
          message.clientMessageId === 'a4' ? { ...message, full: 'one reaction more' } : message,
        );
        return entries;
      },
    },
    {
      what: 'a later send stands before one that was acknowledged earlier',
      judge: 'real-time-order',
      plant: (entries) => swapNumbers(entries, 'a4', 'b9'),
    },
    {
      what: 'the queue of a device is stored in another order',
      judge: 'sender-order',
      plant: (entries) => swapNumbers(entries, 'a4', 'a5'),
    },
  ];

  it.each(defects)('$what → $judge', ({ judge, plant }) => {
    expect(named(plant(copy()))).toContain(judge);
  });
});

/** The two messages change their numbers everywhere, so that only their order is wrong. */
function swapNumbers(entries: Entry[], left: string, right: string): Entry[] {
  const seqOf = (id: string): number =>
    find(entries, 'database').rows.find(({ clientMessageId }) => clientMessageId === id)?.seq ?? 0;
  const [leftSeq, rightSeq] = [seqOf(left), seqOf(right)];
  const swap = (placed: { clientMessageId: string | null; seq: number }): void => {
    if (placed.clientMessageId === left) placed.seq = rightSeq;
    else if (placed.clientMessageId === right) placed.seq = leftSeq;
  };
  for (const entry of entries) {
    if (entry.k === 'database') entry.rows.forEach(swap);
    if (entry.k === 'ok' && entry.message !== undefined) swap(entry.message);
  }
  return entries;
}
