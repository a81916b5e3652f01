import { deliveries } from './deliveries.js';
import { percentile } from './judge.js';
import type { FaultWindow, Recorded } from './recorded.js';

/** A send or a delivery that took longer than this was held up by a fault. */
const HELD_UP_MS = 1_000;
/** Outcomes that are unknown without a fault: the checker cut the device, it had no connection, or was taken out of the conversation. */
const TELLS_NOTHING = new Set(['cut by the checker', 'not connected', 'removed']);

export interface Recovery {
  fault: FaultWindow;
  /** Until when its effects are told from those of the next one. */
  until: number;
  sends: number;
  unknown: number;
  /** After the heal: how long sends, and deliveries on connected devices, were still held up. */
  sendRecoveryMs: number;
  deliveryRecoveryMs: number;
  deliveries: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/** What each fault did, and how long its traces could be felt. */
export function recoveries(recorded: Recorded): Recovery[] {
  const faults = [...recorded.faults]
    .filter(({ missed }) => missed === null)
    .sort((left, right) => left.from - right.from);
  const found = faults.map(
    (fault, index): Recovery & { latencies: number[]; lastSend: number; lastDelivery: number } => ({
      fault,
      until: faults[index + 1]?.from ?? recorded.endAt,
      sends: 0,
      unknown: 0,
      sendRecoveryMs: 0,
      deliveryRecoveryMs: 0,
      deliveries: 0,
      p50Ms: 0,
      p99Ms: 0,
      maxMs: 0,
      latencies: [],
      lastSend: 0,
      lastDelivery: 0,
    }),
  );
  const at = (t: number): (typeof found)[number] | undefined => {
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
    if (failed || until - invoke.t > HELD_UP_MS) hit.lastSend = Math.max(hit.lastSend, until);
  }
  for (const delivery of deliveries(recorded)) {
    const hit = at(delivery.committedAt);
    if (hit === undefined || delivery.shownAt > delivery.connectedUntil) continue;
    const latency = Math.max(0, delivery.shownAt - delivery.committedAt);
    hit.latencies.push(latency);
    const until = Math.min(delivery.shownAt, hit.until);
    if (until - delivery.committedAt > HELD_UP_MS) hit.lastDelivery = Math.max(hit.lastDelivery, until);
  }
  return found.map(({ latencies, lastSend, lastDelivery, ...recovery }) => {
    latencies.sort((left, right) => left - right);
    const healed = Math.min(recovery.fault.to, recovery.until);
    return {
      ...recovery,
      sendRecoveryMs: Math.max(0, Math.round(lastSend - healed)),
      deliveryRecoveryMs: Math.max(0, Math.round(lastDelivery - healed)),
      deliveries: latencies.length,
      p50Ms: Math.round(percentile(latencies, 0.5)),
      p99Ms: Math.round(percentile(latencies, 0.99)),
      maxMs: Math.round(latencies.at(-1) ?? 0),
    };
  });
}
