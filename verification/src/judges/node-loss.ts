import type { Judge, Violation } from './judge.js';
import { percentile } from './judge.js';
import { deadlineAfter, excusing } from './live-delivery.js';
import type { Connection } from './recorded.js';
import { push } from './recorded.js';

/** G11. */
const BACK_WITHIN_MS = 10_000;
const SLACK_MS = 1_500;
/**
 * An instance that takes connections and says nothing can not be told from a slow one: it is frozen, or stands behind
 * a way that swallows everything. Each try has a third of a chance to meet it and be given up after 4 s; five in a row
 * are one in 243.
 */
const BACK_DESPITE_MUTE_MS = 30_000;
const MUTE = /^(SIGSTOP instance|DROP nginx)/;
const EXITS_WITHIN_MS = 20_000;

export const nodeLoss: Judge = {
  name: 'node-loss',
  promises: ['G11'],
  sentence:
    'Devices of an instance that dies, drains or is cut off are back within 10 s (30 s while one takes connections and says nothing); SIGTERM ends it cleanly within 20 s.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    const back: number[] = [];
    const byDevice = new Map<string, Connection[]>();
    for (const connection of recorded.connections) push(byDevice, connection.device, connection);
    const gone = new Set(
      recorded
        .all('session-ended')
        .filter(({ why }) => why !== 'expired')
        .map(({ device }) => device),
    );
    // Nobody can come back while the database or the proxy stand still.
    const windows = excusing(recorded)('').concat(
      recorded.faults.filter(({ start }) => start.affects === 'postgres' || start.affects === 'proxy'),
    );
    const mute = recorded.faults.filter(({ start }) => MUTE.test(start.name));
    for (const [device, connections] of byDevice) {
      for (const [index, { to, wanted, why, instance }] of connections.entries()) {
        if (!Number.isFinite(to) || wanted) continue;
        const next = connections[index + 1];
        const after = (next?.from ?? Number.POSITIVE_INFINITY) - to;
        if (Number.isFinite(after)) back.push(after);
        if (gone.has(device)) continue;
        const metMute = mute.some((window) => window.from < to + BACK_WITHIN_MS && window.to > to);
        const within = (metMute ? BACK_DESPITE_MUTE_MS : BACK_WITHIN_MS) + SLACK_MS;
        if (
          (next?.from ?? Number.POSITIVE_INFINITY) > deadlineAfter(to, within, windows) &&
          recorded.endAt > to + within
        ) {
          violations.push({
            t: to,
            what: `${device}: lost ${instance} (${why}) and was back after ${Number.isFinite(after) ? `${String(Math.round(after))} ms` : 'nothing: never'}`,
          });
        }
      }
    }
    let drains = 0;
    for (const { start, from, missed } of recorded.faults) {
      if (!start.name.startsWith('SIGTERM') || missed !== null) continue;
      drains += 1;
      const exit = recorded.all('exit').find(({ process, t }) => process === start.process && t >= from);
      if (exit === undefined)
        violations.push({ t: from, what: `${start.process ?? ''}: did not end after SIGTERM` });
      else if (exit.code !== 0)
        violations.push({
          t: exit.t,
          what: `${exit.process}: ended with ${String(exit.code ?? exit.signal)} after SIGTERM`,
        });
      else if (exit.t - from > EXITS_WITHIN_MS)
        violations.push({
          t: exit.t,
          what: `${exit.process}: took ${String(Math.round(exit.t - from))} ms to end`,
        });
    }
    back.sort((left, right) => left - right);
    return {
      figures: {
        lostConnections: back.length,
        drains,
        backP50Ms: Math.round(percentile(back, 0.5)),
        backMaxMs: Math.round(back.at(-1) ?? 0),
      },
      violations,
    };
  },
};
