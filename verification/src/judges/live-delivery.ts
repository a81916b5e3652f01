import { deliveries } from './deliveries.js';
import type { Judge, Violation } from './judge.js';
import { percentile } from './judge.js';
import type { FaultWindow, Recorded } from './recorded.js';

/** G5: a hole is noticed and repaired within this time on a connection that lives. */
const REPAIR_MS = 10_000;
/** The checker's own process shares two cores with the whole cluster: its clock of events is late by some of this. */
const SLACK_MS = 1_500;

/** Faults during which nothing can be repaired on a connection: its instance or the database stand still. */
export function excusing(recorded: Recorded): (instance: string) => FaultWindow[] {
  const processOf = new Map<string, string>();
  for (const entry of recorded.all('process'))
    if (entry.instance !== null) processOf.set(entry.instance, entry.process);
  const blocking = recorded.faults.filter(({ start }) => start.blocking && start.affects !== 'redis');
  return (instance) =>
    blocking.filter(({ start }) => start.process === null || start.process === processOf.get(instance));
}

export function deadlineAfter(from: number, allowed: number, windows: FaultWindow[]): number {
  let deadline = from + allowed;
  for (const window of windows) {
    if (window.from < deadline && window.to > from) deadline = Math.max(deadline, window.to + allowed);
  }
  return deadline;
}

export const liveDelivery: Judge = {
  name: 'live-delivery',
  promises: ['G5', 'G10'],
  sentence: 'On a connection that was never lost, every change is shown within 10 s: no hole stays silent.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    const latencies: number[] = [];
    const excuses = excusing(recorded);
    const cached = new Map<string, FaultWindow[]>();
    let silent = 0;
    for (const delivery of deliveries(recorded)) {
      if (delivery.connectedUntil === Number.NEGATIVE_INFINITY) continue;
      let windows = cached.get(delivery.instance);
      if (windows === undefined) cached.set(delivery.instance, (windows = excuses(delivery.instance)));
      if (delivery.shownAt <= delivery.connectedUntil)
        latencies.push(Math.max(0, delivery.shownAt - delivery.committedAt));
      const deadline = deadlineAfter(delivery.committedAt, REPAIR_MS + SLACK_MS, windows);
      if (delivery.shownAt > deadline && delivery.connectedUntil > deadline) {
        silent += 1;
        const late = Number.isFinite(delivery.shownAt)
          ? `shown ${String(Math.round(delivery.shownAt - delivery.committedAt))} ms after its commit`
          : 'never shown';
        violations.push({
          t: delivery.committedAt,
          what: `${delivery.device} ${delivery.conversation}: rev ${String(delivery.rev)} ${late}, connected all the while`,
        });
      }
    }
    latencies.sort((left, right) => left - right);
    const holes = recorded.all('hole');
    return {
      figures: {
        deliveries: latencies.length,
        p50Ms: Math.round(percentile(latencies, 0.5)),
        p99Ms: Math.round(percentile(latencies, 0.99)),
        maxMs: Math.round(latencies.at(-1) ?? 0),
        holesSeenByDevices: holes.length,
        silent,
      },
      violations,
    };
  },
};
