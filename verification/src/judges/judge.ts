import type { Recorded } from './recorded.js';

/** One thing that must not be: what, and when in the run. */
export interface Violation {
  what: string;
  t: number;
}

export interface Finding {
  /** What was looked at: a verdict over nothing is none. */
  figures: Record<string, number>;
  violations: Violation[];
}

/** A pure function over a recording. */
export interface Judge {
  name: string;
  /** The promises of docs/guarantees.md that it proves. */
  promises: string[];
  sentence: string;
  judge: (recorded: Recorded) => Finding;
}

/** Of a list of numbers, the value below which the share lies; 0 for an empty one. */
export function percentile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return 0;
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
