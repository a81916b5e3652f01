import type { Action } from '../recording/entries.js';
import type { Judge, Violation } from './judge.js';
import type { Recorded } from './recorded.js';

/** What a run must contain before its verdicts mean anything; guarantees.md names those of the whole run. */
type Counted = 'unknown' | 'repeats' | 'catchUps' | 'holes' | 'sends' | 'removals' | 'signOuts';
const COUNTED: readonly Counted[] = [
  'unknown',
  'repeats',
  'catchUps',
  'holes',
  'sends',
  'removals',
  'signOuts',
];
const FULL = { unknown: 20, repeats: 100, catchUps: 100, holes: 1, sends: 2_000, removals: 5, signOuts: 5 };
const LEAST: Record<string, Record<Counted, number>> = {
  full: FULL,
  soak: FULL,
  // The same kinds of proof; only how often the rarer ones come is less in two minutes than in twenty.
  short: { unknown: 20, repeats: 100, catchUps: 100, holes: 1, sends: 500, removals: 5, signOuts: 5 },
  // Somebody's own install: no fault is injected there, so nothing but cut connections can be expected.
  target: { unknown: 0, repeats: 10, catchUps: 5, holes: 0, sends: 50, removals: 1, signOuts: 0 },
  planted: { unknown: 0, repeats: 0, catchUps: 0, holes: 0, sends: 20, removals: 0, signOuts: 0 },
};

export const noEmptyRun: Judge = {
  name: 'no-empty-run',
  promises: [],
  sentence:
    'Every fault bit with traffic in flight, and enough was unknown, repeated, caught up and repaired to prove something.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    const mode = recorded.all('run')[0]?.mode ?? 'full';
    const least = LEAST[mode] ?? FULL;
    const sends = recorded.operations.filter(({ invoke }) => invoke.action === 'send');
    const figures = {
      sends: sends.length,
      faults: recorded.faults.length,
      unknown: sends.filter(({ outcome, code }) => outcome === 'info' && code !== 'not connected').length,
      repeats: sends.filter(({ invoke }) => invoke.repeat === true).length,
      catchUps: recorded.all('caught-up').length,
      holes: repairedLive(recorded),
      removals: worked(recorded, 'remove'),
      signOuts: worked(recorded, 'logout'),
    };
    for (const name of COUNTED) {
      if (figures[name] < least[name])
        violations.push({
          t: recorded.endAt,
          what: `only ${String(figures[name])} ${name}, at least ${String(least[name])} are needed`,
        });
    }
    for (const fault of recorded.faults) {
      if (fault.missed !== null)
        violations.push({
          t: fault.from,
          what: `${fault.start.name} (${fault.start.target}) did not bite: ${fault.missed}`,
        });
      else if (fault.proof === null)
        violations.push({
          t: fault.from,
          what: `${fault.start.name} (${fault.start.target}): no proof that it bit`,
        });
      const during = sends.filter(({ invoke, end }) => invoke.t < fault.to && end > fault.from).length;
      if (fault.missed === null && during === 0)
        violations.push({
          t: fault.from,
          what: `${fault.start.name} (${fault.start.target}): no send was in flight`,
        });
    }
    return { figures, violations };
  },
};

function worked(recorded: Recorded, action: Action): number {
  return recorded.operations.filter(({ invoke, outcome }) => invoke.action === action && outcome === 'ok')
    .length;
}

/** Holes that a device noticed and closed by catch-up on the connection on which it noticed them. */
function repairedLive(recorded: Recorded): number {
  let repaired = 0;
  const noticed = new Set<string>();
  for (const entry of recorded.entries) {
    if (entry.k === 'hole') noticed.add(`${entry.device} ${entry.conversation}`);
    else if (entry.k === 'disconnect') {
      for (const key of noticed) if (key.startsWith(`${entry.device} `)) noticed.delete(key);
    } else if (
      entry.k === 'caught-up' &&
      entry.via === 'catch-up' &&
      noticed.delete(`${entry.device} ${entry.conversation}`)
    )
      repaired += 1;
  }
  return repaired;
}
