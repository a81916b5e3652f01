import type { Machine } from '../machine/describe-machine.js';
import type { Sizes } from '../sizes.js';
import type { Spread } from './spread.js';

/** What is written to bench/reports/latest/report.json. */
export interface Report {
  readonly version: 2;
  readonly startedAt: string;
  readonly seconds: number;
  readonly mode: 'full' | 'quick';
  readonly machine: Machine;
  readonly sizes: Sizes;
  readonly results: readonly MeasureResult[];
}

export type Goal = { readonly atMost: number } | { readonly atLeast: number };

/** One number of a measure: the median of its rounds with the least and the greatest, or the same number thrice. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** `null` where no round was sound. */
  readonly value: Spread | null;
  /** Told without being judged where it is missing. */
  readonly goal?: Goal;
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** For a picture: what was measured against what was asked for. */
export interface Curve {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [number, number])[];
  }[];
}

export interface MeasureResult {
  readonly name: string;
  readonly measuredAt?: string;
  readonly definition: string;
  /** The first is what the measure is named for. */
  readonly figures: readonly Figure[];
  /** What was compared: of each subject, in the unit. */
  readonly compared?: {
    readonly unit: string;
    readonly values: Readonly<Record<string, Spread | null>>;
  };
  readonly tables?: readonly Table[];
  readonly curves?: readonly Curve[];
  readonly soundRounds: number;
  readonly voidRounds: number;
  /** What is to be known of the figures beside them. */
  readonly notes: readonly string[];
  /** Why the whole says nothing; empty where it counts. */
  readonly ailments: readonly string[];
  /** Every run, void ones too. */
  readonly raw: unknown;
}

export type Verdict = 'reached' | 'missed' | 'void' | 'told';

export function isReached({ value, goal }: Figure): boolean | null {
  if (goal === undefined || value === null) return null;
  return 'atMost' in goal ? value.median <= goal.atMost : value.median >= goal.atLeast;
}

export function verdictOf({ figures, ailments }: MeasureResult): Verdict {
  const judged = figures.filter(({ goal }) => goal !== undefined);
  if (ailments.length > 0 || judged.some(({ value }) => value === null)) return 'void';
  if (judged.length === 0) return 'told';
  return judged.every((figure) => isReached(figure) === true) ? 'reached' : 'missed';
}

export const goalText = (goal: Goal): string => ('atMost' in goal ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`);
