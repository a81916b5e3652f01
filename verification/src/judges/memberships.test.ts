import { expect, it } from 'vitest';
import type { DatabaseRow, Entry } from '../recording/entries.js';
import { absences } from './memberships.js';
import { Recorded } from './recorded.js';

const STARTED_AT = '2026-01-01T00:00:00.000Z';

/** An id as a server makes it so many ms after the start. */
function idAt(t: number): string {
  const hex = (Date.parse(STARTED_AT) + t).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

function row(seq: number, t: number, type: string, userIds: string[]): DatabaseRow {
  return {
    ...{ id: idAt(t), seq, rev: seq, sender: 'ada', clientMessageId: null, kind: 'system' },
    ...{ core: '', deleted: false, system: { type, userIds } },
  };
}

function recordingWith(rows: DatabaseRow[]): Recorded {
  const about = { user: 'ada', device: 'ada/1', conversation: 'c', subjects: ['bob'], via: 'rest' as const };
  const entries: Entry[] = [
    { k: 'run', t: 0, seed: 1, mode: 'full', instances: 3, startedAt: STARTED_AT },
    { k: 'user', t: 0, user: 'bob', name: 'bob' },
    { k: 'conversation', t: 0, conversation: 'c', label: 'c', kind: 'group', members: ['ada', 'bob'] },
    { k: 'invoke', t: 900, op: 1, action: 'add', target: 'api-1', ...about },
    { k: 'info', t: 950, op: 1, why: 'UNAVAILABLE' },
    { k: 'invoke', t: 1_000, op: 2, action: 'remove', target: null, ...about },
    { k: 'ok', t: 1_100, op: 2 },
    { k: 'invoke', t: 9_000, op: 3, action: 'add', target: null, ...about },
    { k: 'ok', t: 9_100, op: 3 },
    { k: 'database', t: 10_000, conversation: 'c', lastSeq: 9, lastRev: 9, rows, members: [] },
  ];
  return new Recorded(entries);
}

it('somebody is absent from a removal to the next addition that was asked for', () => {
  const rows = [row(1, 1_050, 'members-removed', ['bob']), row(2, 9_050, 'members-added', ['bob'])];
  expect(absences(recordingWith(rows)).filter(({ from }) => from > 0)).toMatchObject([
    { user: 'bob', from: 1_100, to: 9_000, removalSeq: 1 },
  ]);
});

it('or to one of before whose outcome nobody knew, where the log holds it', () => {
  const rows = [row(1, 1_050, 'members-removed', ['bob']), row(2, 4_000, 'members-added', ['bob'])];
  expect(absences(recordingWith(rows)).filter(({ from }) => from > 0)).toMatchObject([
    { user: 'bob', from: 1_100, to: 4_000, removalSeq: 1 },
  ]);
});
