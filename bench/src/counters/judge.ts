import type { Costs, Recurring } from './expected.js';
import { UNCOUNTED } from './expected.js';
import type { Counted } from './tally.js';

/** One line of the answer. */
export interface Finding {
  readonly where: string;
  readonly what: string;
  readonly measured: number;
  readonly from: number;
  readonly to: number;
  readonly because: string;
  readonly passed: boolean;
}

/**
 * What an operation costs for certain: the least of several batches. What happens by itself beside it only ever adds, and
 * not to every batch.
 */
export function leastOf(batches: readonly Counted[]): Counted {
  const names = new Set(batches.flatMap((batch) => [...batch.keys()]));
  return new Map([...names].map((name) => [name, Math.min(...batches.map((batch) => batch.get(name) ?? 0))]));
}

/** `repeated` is how often the operation was done in what was counted. */
export function judgeOperation(where: string, costs: Costs, counted: Counted, repeated: number): Finding[] {
  const asExpected = Object.entries(costs).map(([what, { count, because }]) => {
    const measured = (counted.get(what) ?? 0) / repeated;
    return { where, what, measured, from: count, to: count, because, passed: measured === count };
  });
  const unexpected = [...counted]
    .filter(([what, count]) => count > 0 && !(what in costs) && !UNCOUNTED.has(what))
    .map(([what, count]) => ({
      where,
      what,
      measured: count / repeated,
      from: 0,
      to: 0,
      because: 'nobody has given a reason for it',
      passed: false,
    }));
  return [...asExpected, ...unexpected];
}

/** Pauses are shortened by up to a tenth, so that instances do not meet. */
const SHORTEST = 0.9;

export function judgeIdle(
  where: string,
  recurring: Readonly<Record<string, readonly Recurring[]>>,
  counted: Counted,
  elapsedMs: number,
): Finding[] {
  const names = new Set([...Object.keys(recurring), ...counted.keys()]);
  return [...names].map((what) => {
    const sources = recurring[what] ?? [];
    const sum = (of: (source: Recurring) => number): number =>
      sources.reduce((total, source) => total + of(source), 0);
    // A processor that is busy elsewhere may hold one back.
    const from = sum(({ everyMs, each }) => Math.max(0, Math.floor(elapsedMs / everyMs) - 1) * each);
    const to = sum(({ everyMs, each }) => (Math.floor(elapsedMs / (everyMs * SHORTEST)) + 1) * each);
    const measured = counted.get(what) ?? 0;
    return {
      where,
      what,
      measured,
      from,
      to,
      because: sources.map(({ because }) => because).join('; ') || 'nobody has given a reason for it',
      passed: measured >= from && measured <= to,
    };
  });
}
