import type { Judge, Violation } from './judge.js';

/** G9. */
const SOCKETS_END_WITHIN_MS = 5_000;
const SLACK_MS = 500;

export const sessionsEnd: Judge = {
  name: 'sessions-end',
  promises: ['G9'],
  sentence:
    'A session that was ended gets nothing over REST at once and no frame after 5 s, also without Redis.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    const endedAt = new Map<string, number>();
    for (const { invoke, outcome, end } of recorded.operations) {
      if (invoke.action !== 'logout' || outcome !== 'ok') continue;
      for (const device of invoke.subjects ?? []) endedAt.set(device, end);
    }
    for (const frame of recorded.frames()) {
      const ended = endedAt.get(frame.device);
      if (ended !== undefined && frame.t > ended + SOCKETS_END_WITHIN_MS + SLACK_MS) {
        violations.push({
          t: frame.t,
          what: `${frame.device}: got a frame ${String(Math.round(frame.t - ended))} ms after its session ended`,
        });
      }
    }
    for (const { device, from } of recorded.connections) {
      const ended = endedAt.get(device);
      if (ended !== undefined && from > ended)
        violations.push({
          t: from,
          what: `${device}: connected ${String(Math.round(from - ended))} ms after its session ended`,
        });
    }
    for (const { invoke, outcome } of recorded.operations) {
      const ended = invoke.device === null ? undefined : endedAt.get(invoke.device);
      if (ended === undefined || outcome !== 'ok' || invoke.t <= ended) continue;
      if (invoke.via === 'rest' || invoke.t > ended + SOCKETS_END_WITHIN_MS + SLACK_MS) {
        violations.push({
          t: invoke.t,
          what: `${invoke.device ?? ''}: ${invoke.action} worked ${String(Math.round(invoke.t - ended))} ms after its session ended`,
        });
      }
    }
    return { figures: { ended: endedAt.size }, violations };
  },
};
