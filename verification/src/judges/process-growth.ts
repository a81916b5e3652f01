import type { Sample } from '../recording/entries.js';
import type { Recorded } from './recorded.js';
import { push } from './recorded.js';

/** After its start a process compiles, fills its pools and its caches: by then it has its working size. */
const WARM_UP_MS = 20_000;
/** Memory goes up and down with the collector: the lowest of a stretch that holds several collections is what is kept. */
const STRETCH_MS = 15_000;

/** What one process held when it was warm, and at the end of the quiet. */
export interface Growth {
  process: string;
  pid: number;
  before: { rss: number; handles: number };
  after: { rss: number; handles: number };
}

/** Every process that lives to the end of the quiet and was warm for long enough before it; a restart is another process. */
export function growths(recorded: Recorded): { grown: Growth[]; tooYoung: number } {
  const samples = new Map<number, Sample[]>();
  for (const sample of recorded.all('sample')) push(samples, sample.pid, sample);
  // The walk that follows the quiet opens connections of its own.
  const end = recorded.all('quiet-end')[0]?.t ?? recorded.endAt;
  const firstSend = recorded.operations[0]?.invoke.t ?? 0;
  const grown: Growth[] = [];
  let tooYoung = 0;
  for (const [pid, own] of samples) {
    const lived = own.filter(({ t, rssBytes }) => t <= end && rssBytes > 0);
    const [first] = lived;
    const isAlive =
      lived.some(({ t }) => t > end - STRETCH_MS) &&
      !own.some(({ rssBytes, t }) => rssBytes === 0 && t <= end);
    if (first === undefined || !isAlive) continue;
    const warm = Math.max(first.t + WARM_UP_MS, firstSend);
    const least = (from: number, to: number): Growth['before'] | null => {
      const stretch = lived.filter(({ t }) => from <= t && t <= to);
      if (stretch.length === 0) return null;
      return {
        rss: Math.min(...stretch.map(({ rssBytes }) => rssBytes)),
        handles: Math.min(...stretch.map(({ handles }) => handles)),
      };
    };
    const before = warm + STRETCH_MS > end - STRETCH_MS ? null : least(warm, warm + STRETCH_MS);
    const after = least(end - STRETCH_MS, end);
    if (before === null || after === null) tooYoung += 1;
    else grown.push({ process: first.process, pid, before, after });
  }
  return { grown, tooYoung };
}
