import type { Machine } from '../machine/describe-machine.js';
import type { Spread } from '../measures/rounds.js';
import type { Sizes } from '../sizes.js';

/** What is written to bench/reports/latest/report.json. */
export interface Report {
  readonly version: 1;
  readonly startedAt: string;
  readonly seconds: number;
  readonly mode: 'full' | 'quick';
  readonly machine: Machine;
  readonly sizes: Sizes;
  readonly ratios: readonly RatioResult[];
}

export interface RatioResult {
  readonly name: string;
  readonly definition: string;
  readonly unit: string;
  /** The ratio must not be above it. */
  readonly goal: number;
  /** `null` where no round was sound. */
  readonly ratio: Spread | null;
  /** Of each subject over the sound rounds, in the unit. */
  readonly values: Readonly<Record<string, Spread | null>>;
  readonly soundRounds: number;
  readonly voidRounds: number;
  /** What is to be known of the figures beside them. */
  readonly notes: readonly string[];
  /** Every run, void ones too. */
  readonly rounds: readonly {
    readonly ailments: readonly string[];
    readonly runs: Readonly<Record<string, unknown>>;
  }[];
}

export type Verdict = 'reached' | 'missed' | 'void';

export function verdictOf({ ratio, goal }: RatioResult): Verdict {
  if (ratio === null) return 'void';
  return ratio.median <= goal ? 'reached' : 'missed';
}
