import type { Judge, Violation } from './judge.js';
import { deadlineAfter, excusing } from './live-delivery.js';
import type { FaultWindow } from './recorded.js';

/** G9. */
const SOCKETS_END_WITHIN_MS = 5_000;
/** A handshake may be under way while the session ends; it is an open socket then. */
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
    const instanceOf = new Map(
      recorded
        .all('connect')
        .map(({ device, connection, instance }) => [`${device} ${String(connection)}`, instance]),
    );
    const excuses = excusing(recorded);
    const cached = new Map<string, FaultWindow[]>();
    /** What stands in a frozen instance is sent when it wakes. */
    const deadline = (instance: string, ended: number, allowed: number): number => {
      let windows = cached.get(instance);
      if (windows === undefined) cached.set(instance, (windows = excuses(instance)));
      return deadlineAfter(ended, allowed, windows);
    };
    let framesAfter = 0;
    let lastFrameMs = 0;
    for (const frame of recorded.entries) {
      if (frame.k !== 'frame' && frame.k !== 'heard') continue;
      // That it is over is told to it.
      if (frame.k === 'heard' && frame.event === 'session:ended') continue;
      const ended = endedAt.get(frame.device);
      if (ended === undefined || frame.t <= ended) continue;
      framesAfter += 1;
      lastFrameMs = Math.max(lastFrameMs, frame.t - ended);
      const instance = instanceOf.get(`${frame.device} ${String(frame.connection)}`) ?? '';
      if (frame.t > deadline(instance, ended, SOCKETS_END_WITHIN_MS + SLACK_MS)) {
        violations.push({
          t: frame.t,
          what: `${frame.device}: got a frame ${String(Math.round(frame.t - ended))} ms after its session ended`,
        });
      }
    }
    for (const { device, from, instance } of recorded.connections) {
      const ended = endedAt.get(device);
      if (ended !== undefined && from > deadline(instance, ended, SLACK_MS))
        violations.push({
          t: from,
          what: `${device}: connected ${String(Math.round(from - ended))} ms after its session ended`,
        });
    }
    let refused = 0;
    for (const { invoke, outcome } of recorded.operations) {
      const ended = invoke.device === null ? undefined : endedAt.get(invoke.device);
      if (ended === undefined || invoke.t <= ended) continue;
      if (outcome === 'fail') refused += 1;
      if (outcome !== 'ok') continue;
      if (invoke.via === 'rest' || invoke.t > ended + SOCKETS_END_WITHIN_MS + SLACK_MS) {
        violations.push({
          t: invoke.t,
          what: `${invoke.device ?? ''}: ${invoke.action} worked ${String(Math.round(invoke.t - ended))} ms after its session ended`,
        });
      }
    }
    return {
      figures: { ended: endedAt.size, refused, framesAfter, lastFrameMs: Math.round(lastFrameMs) },
      violations,
    };
  },
};
