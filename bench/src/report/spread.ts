export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = [...values].sort((one, other) => one - other);
  const [min] = sorted;
  const max = sorted.at(-1);
  const middle = sorted.length / 2;
  const below = sorted[Math.ceil(middle) - 1];
  const above = sorted[Math.floor(middle)];
  if (min === undefined || max === undefined || below === undefined || above === undefined) return null;
  return { median: (below + above) / 2, min, max };
}

/** Of what was measured once. */
export const single = (value: number): Spread => ({ median: value, min: value, max: value });
