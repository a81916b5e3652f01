import { describe, expect, it } from 'vitest';
import type { Entry } from '../recording/entries.js';
import type { Defect } from './edited-recording.js';
import { copy, find, named } from './edited-recording.js';

describe('a run that did not go as it should is caught and named', () => {
  const defects: Defect[] = [
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
      what: 'a send waits for a PostgreSQL that is down',
      judge: 'degraded-modes',
      plant: (entries) => withoutPostgres(entries, (ok) => ({ ...ok, t: ok.t + 5_000 })),
    },
    {
      what: 'a send is refused for good while PostgreSQL is down',
      judge: 'degraded-modes',
      plant: (entries) => withoutPostgres(entries, ({ t, op }) => ({ k: 'fail', t, op, code: 'FORBIDDEN' })),
    },
    {
      what: 'an instance that is asked to end ends with a failure',
      judge: 'node-loss',
      plant: (entries) => [...entries, ...askedToEnd(1)],
    },
    {
      what: 'an instance that is asked to end does not',
      judge: 'node-loss',
      plant: (entries) => [...entries, ...askedToEnd(null)],
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
      what: 'a process keeps seven megabytes a second',
      judge: 'processes-live',
      plant: (entries) =>
        leaking(entries, ({ rssBytes, ...sample }, s) => ({
          ...sample,
          rssBytes: rssBytes + s * 7 * 1_048_576,
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
      what: 'nothing was sent while a fault lasted',
      judge: 'no-empty-run',
      plant: (entries) => {
        const { op } = find(entries, 'invoke', ({ clientMessageId }) => clientMessageId === 'during');
        return entries.filter((entry) => !('op' in entry && entry.op === op));
      },
    },
    {
      what: 'a short run was as calm as this one',
      judge: 'no-empty-run',
      plant: (entries) => entries.map((entry) => (entry.k === 'run' ? { ...entry, mode: 'short' } : entry)),
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

/** The fault of the run is one of PostgreSQL that lasts ten seconds, and the send in it ends otherwise. */
function withoutPostgres(entries: Entry[], ended: (ok: Extract<Entry, { k: 'ok' }>) => Entry): Entry[] {
  const during = find(entries, 'ok', ({ message }) => message?.clientMessageId === 'during');
  return entries.map((entry) => {
    if (entry.k === 'fault-start') return { ...entry, name: 'SIGSTOP PostgreSQL', affects: 'postgres' };
    if (entry.k === 'fault-heal') return { ...entry, t: entry.t + 10_000 };
    return entry === during ? ended(during) : entry;
  });
}

/** SIGTERM to an instance, and how it ended; `null`: it did not. */
function askedToEnd(code: number | null): Entry[] {
  const name = 'SIGTERM instance';
  const about = { name, target: 'api-1', affects: 'instance', process: 'api-1', blocking: false } as const;
  const exit: Entry = { k: 'exit', t: 1_010, process: 'api-1', pid: 11, code, signal: null, planned: true };
  return [
    { k: 'fault-start', t: 1_000, fault: 2, ...about },
    { k: 'fault-bit', t: 1_020, fault: 2, proof: 'simulated', inFlight: 1 },
    { k: 'fault-heal', t: 1_100, fault: 2 },
    ...(code === null ? [] : [exit]),
  ];
}

type Sample = Extract<Entry, { k: 'sample' }>;

/** The samples of one of the processes, by the seconds since its first. */
function leaking(entries: Entry[], grown: (sample: Sample, seconds: number) => Sample): Entry[] {
  const { pid, t: start } = find(entries, 'sample');
  return entries.map((entry) =>
    entry.k === 'sample' && entry.pid === pid ? grown(entry, (entry.t - start) / 1_000) : entry,
  );
}
