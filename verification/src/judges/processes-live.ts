import type { Judge, Violation } from './judge.js';

/** Handles that come and go with pools, and idle connections that nginx keeps: 64 for each of two workers. */
const HANDLES_SLACK = 40 + 128;
/** A process that was restarted has not grown to its working size when the baseline of the others was taken. */
const RSS_SLACK_BYTES = 160 * 1_024 * 1_024;
const GROWTH = 1.1;

export const processesLive: Judge = {
  name: 'processes-live',
  promises: ['G10', 'G11'],
  sentence:
    'No process ends, nothing is thrown into the void, and memory and handles come back after the faults.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    for (const exit of recorded.all('exit')) {
      if (!exit.planned)
        violations.push({
          t: exit.t,
          what: `${exit.process} (${String(exit.pid)}) ended by itself: ${String(exit.code ?? exit.signal)}`,
        });
    }
    for (const fault of recorded.all('log-fault'))
      violations.push({ t: fault.t, what: `${fault.process}: ${fault.line}` });
    const firstFault = Math.min(...recorded.faults.map(({ from }) => from), recorded.quietAt);
    const sums = { before: { rss: 0, handles: 0 }, after: { rss: 0, handles: 0 } };
    const latest = {
      before: new Map<string, { rss: number; handles: number }>(),
      after: new Map<string, { rss: number; handles: number }>(),
    };
    // Up to the end of the quiet: the walk that follows opens connections of its own.
    const quietEnd = recorded.all('quiet-end')[0]?.t ?? recorded.endAt;
    for (const { process, t, rssBytes, handles } of recorded.all('sample')) {
      if (t > quietEnd) continue;
      latest[t <= firstFault ? 'before' : 'after'].set(process, { rss: rssBytes, handles });
    }
    for (const when of ['before', 'after'] as const) {
      for (const { rss, handles } of latest[when].values()) {
        sums[when].rss += rss;
        sums[when].handles += handles;
      }
    }
    if (latest.before.size > 0 && latest.after.size > 0) {
      if (sums.after.handles > sums.before.handles * GROWTH + HANDLES_SLACK)
        violations.push({
          t: recorded.endAt,
          what: `handles grew from ${String(sums.before.handles)} to ${String(sums.after.handles)}`,
        });
      if (sums.after.rss > sums.before.rss * GROWTH + RSS_SLACK_BYTES * latest.before.size)
        violations.push({
          t: recorded.endAt,
          what: `memory grew from ${megabytes(sums.before.rss)} to ${megabytes(sums.after.rss)} MB`,
        });
    }
    return {
      figures: {
        exits: recorded.all('exit').length,
        handlesBefore: sums.before.handles,
        handlesAfter: sums.after.handles,
        rssBeforeMb: Number(megabytes(sums.before.rss)),
        rssAfterMb: Number(megabytes(sums.after.rss)),
      },
      violations,
    };
  },
};

function megabytes(bytes: number): string {
  return String(Math.round(bytes / 1_048_576));
}
