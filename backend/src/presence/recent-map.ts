/** Remembers each entry for a while after it was set. Bounded by what is set within that time; no timer. */
export class RecentMap<V> {
  /** In the order in which they were set. */
  private readonly entries = new Map<string, { readonly value: V; readonly setAt: number }>();

  constructor(
    private readonly lifetimeMs: number,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    return entry && this.clock() - entry.setAt < this.lifetimeMs ? entry.value : undefined;
  }

  set(key: string, value: V): void {
    const now = this.clock();
    this.entries.delete(key);
    this.entries.set(key, { value, setAt: now });
    for (const [oldest, { setAt }] of this.entries) {
      if (now - setAt < this.lifetimeMs) return;
      this.entries.delete(oldest);
    }
  }

  /** Whether it was still remembered. */
  delete(key: string): boolean {
    const isThere = this.get(key) !== undefined;
    this.entries.delete(key);
    return isThere;
  }
}
