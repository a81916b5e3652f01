import { describe, expect, it } from 'vitest';
import type { Entry } from '../recording/entries.js';
import { judgeAll } from '../report/summary.js';
import { Recorded } from './recorded.js';
import { SimulatedRun } from './simulated-run.js';

/** Twenty-odd messages of three people, with edits, reads, repeats, a removal and an addition. */
function goodRun(): Entry[] {
  const run = new SimulatedRun(['ann', 'bob', 'cid']);
  for (let index = 0; index < 12; index += 1) {
    run.send('ann/1', `a${String(index)}`, index % 3 === 0 ? 1 : 0);
    run.send('bob/2', `b${String(index)}`, 0, index === 10 ? 'cid' : null);
    if (index % 4 === 0) run.edit('ann/1', 2);
    if (index === 5) run.remove('cid');
    if (index === 7) run.pass(25_000);
    if (index === 8) run.add('cid');
    run.read('bob/1', 2 + index);
  }
  run.fault('SIGSTOP Redis', 'redis', 500, () => {
    run.send('ann/2', 'during');
  });
  return run.end();
}

/** What is wrong, by the names of the judges that say so. */
function named(entries: Entry[]): string[] {
  return judgeAll(new Recorded(entries))
    .filter(({ passed }) => !passed)
    .map(({ name }) => name);
}

function copy(): Entry[] {
  return structuredClone(goodRun());
}

function find<K extends Entry['k']>(
  entries: Entry[],
  kind: K,
  matches: (entry: Extract<Entry, { k: K }>) => boolean = () => true,
): Extract<Entry, { k: K }> {
  const found = entries.find(
    (entry): entry is Extract<Entry, { k: K }> =>
      entry.k === kind && matches(entry as Extract<Entry, { k: K }>),
  );
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
}

const without = (entries: Entry[], gone: Entry): Entry[] => entries.filter((entry) => entry !== gone);

describe('a run in which everything is right', () => {
  it('passes every judge', () => {
    expect(
      judgeAll(new Recorded(goodRun())).flatMap(({ name, violations }) =>
        violations.map(({ what }) => `${name}: ${what}`),
      ),
    ).toEqual([]);
  });
});

describe('an edited recording is caught and named', () => {
  const defects: { what: string; judge: string; plant: (entries: Entry[]) => Entry[] }[] = [
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
      what: 'a later send stands before one that was acknowledged earlier',
      judge: 'real-time-order',
      plant: (entries) => swapNumbers(entries, 'a4', 'b9'),
    },
    {
      what: 'the queue of a device is stored in another order',
      judge: 'sender-order',
      plant: (entries) => swapNumbers(entries, 'a4', 'a5'),
    },
    {
      what: 'a hole stays silent on a connection that lives (no position check, catch-up only on reconnect)',
      judge: 'live-delivery',
      plant: (entries) =>
        entries.filter(
          (entry) =>
            !(
              entry.k === 'applied' &&
              entry.device === 'bob/1' &&
              entry.t >= find(entries, 'applied', ({ messages }) => messages[0]?.clientMessageId === 'a10').t
            ),
        ),
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
      what: 'a job is still waiting when all is quiet',
      judge: 'jobs-done',
      plant: (entries) => {
        const job = find(entries, 'outbox').rows[7];
        if (job !== undefined) job.done = false;
        return entries;
      },
    },
    {
      what: 'a change left no job',
      judge: 'jobs-done',
      plant: (entries) => {
        find(entries, 'outbox').rows.splice(7, 1);
        return entries;
      },
    },
    {
      what: 'the newest change left no job',
      judge: 'jobs-done',
      plant: (entries) => {
        find(entries, 'outbox').rows.pop();
        return entries;
      },
    },
    {
      what: 'a change left two jobs',
      judge: 'jobs-done',
      plant: (entries) => {
        const { rows } = find(entries, 'outbox');
        rows.push(...rows.slice(7, 8));
        return entries;
      },
    },
    {
      what: 'a job is about another message',
      judge: 'jobs-done',
      plant: (entries) => {
        const job = find(entries, 'outbox').rows.at(-1);
        if (job !== undefined) job.message = 'another';
        return entries;
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
    {
      what: 'a send is not answered while Redis is down',
      judge: 'degraded-modes',
      plant: (entries) => {
        const ok = find(entries, 'ok', ({ message }) => message?.clientMessageId === 'during');
        return entries.map((entry) =>
          entry === ok ? { k: 'info', t: ok.t + 9_000, op: ok.op, why: 'no answer' } : entry,
        );
      },
    },
    {
      what: 'a device never comes back',
      judge: 'node-loss',
      plant: (entries) => {
        const frame = find(entries, 'frame', ({ device }) => device === 'bob/1');
        entries.splice(entries.indexOf(frame), 0, {
          k: 'disconnect',
          t: frame.t,
          device: 'bob/1',
          connection: 1,
          why: 'transport close',
          wanted: false,
        });
        return entries;
      },
    },
    {
      what: 'a process ends by itself',
      judge: 'processes-live',
      plant: (entries) => [
        ...entries,
        { k: 'exit', t: 1_000, process: 'api-1', pid: 11, code: 1, signal: null, planned: false },
      ],
    },
    {
      what: 'a process keeps four megabytes a second',
      judge: 'processes-live',
      plant: (entries) =>
        leaking(entries, ({ rssBytes, ...sample }, s) => ({
          ...sample,
          rssBytes: rssBytes + s * 4 * 1_048_576,
        })),
    },
    {
      what: 'a process opens files and closes none',
      judge: 'processes-live',
      plant: (entries) =>
        leaking(entries, ({ handles, ...sample }, s) => ({ ...sample, handles: handles + s * 2 })),
    },
    {
      what: 'a promise fails that nobody awaited',
      judge: 'processes-live',
      plant: (entries) => [
        ...entries,
        { k: 'log-fault', t: 1_000, process: 'api-1', line: 'A promise failed that nobody awaited' },
      ],
    },
    {
      what: 'a fault does not bite',
      judge: 'no-empty-run',
      plant: (entries) => {
        const bit = find(entries, 'fault-bit');
        return entries.map((entry) =>
          entry === bit ? { k: 'fault-missed', t: bit.t, fault: bit.fault, why: 'nothing to hit' } : entry,
        );
      },
    },
    {
      what: 'hardly anything was sent',
      judge: 'no-empty-run',
      plant: (entries) => entries.map((entry) => (entry.k === 'run' ? { ...entry, mode: 'full' } : entry)),
    },
  ];

  it.each(defects)('$what → $judge', ({ judge, plant }) => {
    expect(named(plant(copy()))).toContain(judge);
  });
});

type Sample = Extract<Entry, { k: 'sample' }>;

/** The samples of one of the processes, by the seconds since its first. */
function leaking(entries: Entry[], grown: (sample: Sample, seconds: number) => Sample): Entry[] {
  const { pid, t: start } = find(entries, 'sample');
  return entries.map((entry) =>
    entry.k === 'sample' && entry.pid === pid ? grown(entry, (entry.t - start) / 1_000) : entry,
  );
}

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
