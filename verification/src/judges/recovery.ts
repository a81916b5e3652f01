import { deliveries } from './deliveries.js';
import { percentile } from './judge.js';
import type { FaultWindow, Recorded } from './recorded.js';

/** A send or a delivery that took longer than this was held up by a fault. */
const HELD_UP_MS = 1_000;
/**
 * What was held up belongs to the fault as long as there is no pause between: one as long as this, in which dozens of sends went
 * through at once, says that it was over. What is held up after that is told beside it.
 */
const OVER_AFTER_MS = 3_000;
/** Outcomes that are unknown without a fault: the checker cut the device, it had no connection, or was taken out of the conversation. */
const TELLS_NOTHING = new Set(['cut by the checker', 'not connected', 'removed']);

export interface Recovery {
  fault: FaultWindow;
  /** Until when its effects are told from those of the next one. */
  until: number;
  sends: number;
  unknown: number;
  /** After the heal: how long sends, and deliveries on connected devices, were still held up without a pause. */
  sendRecoveryMs: number;
  deliveryRecoveryMs: number;
  /** Sends that were held up again after that, by whatever it was. */
  heldUpLater: number;
  /** Whether the end of it was seen, or the next fault came before. */
  isSeen: boolean;
  deliveries: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

interface Stretch {
  from: number;
  to: number;
}
/** What is gathered of a fault before it is told. */
interface Watched extends Pick<Recovery, 'fault' | 'until' | 'sends' | 'unknown'> {
  latencies: number[];
  sendsHeldUp: Stretch[];
  deliveriesHeldUp: Stretch[];
}

/** The end of what was held up from the heal on without a pause. */
function through(heldUp: Stretch[], healed: number): number {
  let end = healed;
  for (const { from, to } of heldUp.sort((left, right) => left.from - right.from)) {
    if (from > end + OVER_AFTER_MS) break;
    end = Math.max(end, to);
  }
  return end;
}

/** What each fault did, and how long its traces could be felt. */
export function recoveries(recorded: Recorded): Recovery[] {
  const faults = [...recorded.faults]
    .filter(({ missed }) => missed === null)
    .sort((left, right) => left.from - right.from);
  const found = faults.map((fault, index): Watched => ({
    fault,
    until: faults[index + 1]?.from ?? recorded.endAt,
    sends: 0,
    unknown: 0,
    latencies: [],
    sendsHeldUp: [],
    deliveriesHeldUp: [],
  }));
  const at = (t: number): Watched | undefined => {
    let low = 0;
    let high = found.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((found[middle]?.fault.from ?? 0) <= t) low = middle;
      else high = middle - 1;
    }
    const hit = found[low];
    return hit !== undefined && hit.fault.from <= t && t < hit.until ? hit : undefined;
  };
  for (const { invoke, end, outcome, code } of recorded.operations) {
    if (invoke.action !== 'send') continue;
    const hit = at(invoke.t);
    if (hit === undefined) continue;
    hit.sends += 1;
    if (outcome === 'info') hit.unknown += 1;
    // What was under way when the next fault began is that one's, unless it had been held up before.
    const until = Math.min(end, hit.until);
    const failed = outcome === 'info' && !TELLS_NOTHING.has(code ?? '') && end <= hit.until;
    if (failed || until - invoke.t > HELD_UP_MS) hit.sendsHeldUp.push({ from: invoke.t, to: until });
  }
  for (const delivery of deliveries(recorded)) {
    const hit = at(delivery.committedAt);
    if (hit === undefined || delivery.shownAt > delivery.connectedUntil) continue;
    const latency = Math.max(0, delivery.shownAt - delivery.committedAt);
    hit.latencies.push(latency);
    const until = Math.min(delivery.shownAt, hit.until);
    if (until - delivery.committedAt > HELD_UP_MS)
      hit.deliveriesHeldUp.push({ from: delivery.committedAt, to: until });
  }
  return found.map(({ latencies, sendsHeldUp, deliveriesHeldUp, ...watched }) => {
    latencies.sort((left, right) => left - right);
    const healed = Math.min(watched.fault.to, watched.until);
    const sendsThrough = through(sendsHeldUp, healed);
    return {
      ...watched,
      sendRecoveryMs: Math.round(sendsThrough - healed),
      deliveryRecoveryMs: Math.round(through(deliveriesHeldUp, healed) - healed),
      heldUpLater: sendsHeldUp.filter(({ from }) => from > sendsThrough).length,
      // A send that began in the last second may have been held up beyond it.
      isSeen: sendsThrough + HELD_UP_MS <= watched.until,
      deliveries: latencies.length,
      p50Ms: Math.round(percentile(latencies, 0.5)),
      p99Ms: Math.round(percentile(latencies, 0.99)),
      maxMs: Math.round(latencies.at(-1) ?? 0),
    };
  });
}
