import type { Judge, Violation } from './judge.js';

export const observersAgree: Judge = {
  name: 'observers-agree',
  promises: ['G3', 'G6'],
  sentence:
    'Live frames, catch-up, sync, pages, answers and the database tell the same content of each change.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    const known = new Map<string, { seq: number; core: string; full: string | null; observer: string }>();
    const reported = new Set<string>();
    let sightings = 0;
    for (const { conversation, rows } of recorded.database.values()) {
      for (const row of rows)
        known.set(`${conversation} ${String(row.rev)}`, {
          seq: row.seq,
          core: row.core,
          full: null,
          observer: 'the database',
        });
    }
    for (const { conversation, seen, observer, t } of recorded.sightings()) {
      sightings += 1;
      const key = `${conversation} ${String(seen.rev)}`;
      const first = known.get(key);
      if (first === undefined) {
        known.set(key, { seq: seen.seq, core: seen.core, full: seen.full, observer });
        continue;
      }
      if (first.seq !== seen.seq) continue;
      const differs =
        first.core !== seen.core || (first.full !== null && seen.full !== null && first.full !== seen.full);
      if (differs && !reported.has(key)) {
        reported.add(key);
        violations.push({
          t,
          what: `${conversation} message ${String(seen.seq)} at rev ${String(seen.rev)}: ${observer} and ${first.observer} differ`,
        });
      }
      if (first.full === null && seen.full !== null) Object.assign(first, { full: seen.full, observer });
    }
    return { figures: { sightings, changes: known.size }, violations };
  },
};
