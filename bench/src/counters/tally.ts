/** How often things with a name happened. */
export class Tally {
  private readonly counts = new Map<string, number>();

  add(name: string, amount = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + amount);
  }

  /** What is counted until now. */
  now(): Counted {
    return new Map(this.counts);
  }

  since(before: Counted): Counted {
    const more = new Map<string, number>();
    for (const [name, count] of this.counts) {
      const grown = count - (before.get(name) ?? 0);
      if (grown > 0) more.set(name, grown);
    }
    return more;
  }
}

export type Counted = ReadonlyMap<string, number>;
