import type { Entry } from '../recording/entries.js';
import { judgeAll } from '../report/summary.js';
import { Recorded } from './recorded.js';
import { SimulatedRun } from './simulated-run.js';

/** Twenty-odd messages of three people, with edits, reads, repeats, a removal and an addition. */
export function goodRun(): Entry[] {
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
export function named(entries: Entry[]): string[] {
  return judgeAll(new Recorded(entries))
    .filter(({ passed }) => !passed)
    .map(({ name }) => name);
}

export function copy(): Entry[] {
  return structuredClone(goodRun());
}

export function find<K extends Entry['k']>(
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

export const without = (entries: Entry[], gone: Entry): Entry[] => entries.filter((entry) => entry !== gone);

/** One edit of a recording, and the judge that must say so. */
export interface Defect {
  what: string;
  judge: string;
  plant: (entries: Entry[]) => Entry[];
}
