/** The revs in (from, to]. */
export interface RevRange {
  readonly from: number;
  readonly to: number;
}

/** Which revs of one conversation were delivered: disjoint ranges in order. Usually there is exactly one. */
export class DeliveredRevs {
  private ranges: RevRange[] = [];

  add({ from, to }: RevRange): void {
    if (to <= from) return;
    const merged: RevRange[] = [];
    let low = from;
    let high = to;
    for (const range of this.ranges) {
      if (range.to < low || range.from > high) {
        merged.push(range);
      } else {
        low = Math.min(low, range.from);
        high = Math.max(high, range.to);
      }
    }
    merged.push({ from: low, to: high });
    this.ranges = merged.sort((one, other) => one.from - other.from);
  }

  /** Up to where nothing is missing since the first delivery; 0 where there was none. */
  get contiguousTo(): number {
    return this.ranges[0]?.to ?? 0;
  }

  /** Where the first of what was delivered begins; `undefined` where nothing was. */
  get first(): number | undefined {
    return this.ranges[0]?.from;
  }

  get hasHole(): boolean {
    return this.ranges.length > 1;
  }

  /** From the first hole to the end of the last; `undefined` where there is none. */
  get holes(): RevRange | undefined {
    const [first] = this.ranges;
    const last = this.ranges.at(-1);
    return first && last && first !== last ? { from: first.to, to: last.from } : undefined;
  }

  /** What is missing of a range. */
  missing({ from, to }: RevRange): RevRange[] {
    const missing: RevRange[] = [];
    let position = from;
    for (const range of this.ranges) {
      if (range.from > position) missing.push({ from: position, to: Math.min(range.from, to) });
      position = Math.max(position, range.to);
      if (position >= to) break;
    }
    if (position < to) missing.push({ from: position, to });
    return missing.filter((range) => range.from < range.to);
  }
}

/**
 * Ranges in order, those joined that lie at most `gap` revs apart: what was delivered between two holes is told again with them,
 * and readers drop it by its rev. While Redis is away every other rev of a busy conversation is a hole, and each would
 * cost queries of its own.
 */
export function joinedRanges(ranges: readonly RevRange[], gap: number): RevRange[] {
  const joined: RevRange[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last && range.from - last.to <= gap) joined[joined.length - 1] = { from: last.from, to: range.to };
    else joined.push(range);
  }
  return joined;
}

/** How many revs lie in disjoint ranges. */
export function revsIn(ranges: readonly RevRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}
