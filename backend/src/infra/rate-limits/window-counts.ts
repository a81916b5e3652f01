/** What is counted under one key of a limit. */
export interface WindowLimit {
  readonly name: string;
  readonly amount: number;
  readonly windowMs: number;
}

/** One instance's news of a key: what it counted since it last told. */
export interface CountNews {
  readonly key: string;
  readonly delta: number;
  /** After this time nobody asks for the window any more. */
  readonly forgetAfterMs: number;
}

export interface WindowState {
  readonly used: number;
  readonly resetMs: number;
}

interface Entry {
  readonly endsAt: number;
  /** Counted here, in this window. */
  own: number;
  /** Of them: told to the others. */
  told: number;
  /** Told by the others, when they were last asked. */
  others: number;
}

/** Until this share of an amount is used here, nobody else is told: most people never come near it. */
const UNTOLD_SHARE = 0.1;
/** News of everybody are gathered for this time, and told in one round trip. */
const TELL_EVERY_MS = 1_000;
const SWEEP_EVERY_MS = 60_000;

/**
 * Counts uses in fixed windows, over all instances and without a round trip for each: what stands before every command
 * may not cost one. An instance counts for itself; from a tenth of the amount on it tells what came since, about once
 * a second, and reads the total. So somebody on n instances gets at most the amount, a tenth of it for each of the
 * other n - 1, and what all of them let through in one second; and exactly the amount on one. While the others can not
 * be told, each instance counts alone.
 */
export class WindowCounts {
  private readonly entries = new Map<string, Entry>();
  private readonly toTell = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private sweepAt = 0;

  /** `tell` adds the news to what all instances share, and resolves with the totals, in the same order. */
  constructor(
    private readonly tell: (news: readonly CountNews[]) => Promise<readonly number[]>,
    private readonly onUntold: () => void,
  ) {}

  /** Counts one use, whether it is within the amount or not. */
  count({ name, amount, windowMs }: WindowLimit, key: string): WindowState {
    const now = Date.now();
    if (now >= this.sweepAt) this.sweep(now);
    const id = `${name}:${key}`;
    let entry = this.entries.get(id);
    if (!entry || entry.endsAt <= now) {
      entry = { endsAt: endOfWindow(id, windowMs, now), own: 0, told: 0, others: 0 };
      this.entries.set(id, entry);
    }
    entry.own += 1;
    const used = entry.own + entry.others;
    if (used > amount * UNTOLD_SHARE) {
      this.toTell.add(id);
      this.timer ??= setTimeout(() => void this.tellAll(), TELL_EVERY_MS).unref();
    }
    return { used, resetMs: entry.endsAt - now };
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private async tellAll(): Promise<void> {
    const now = Date.now();
    const told = [...this.toTell].flatMap((id) => {
      const entry = this.entries.get(id);
      return entry && entry.endsAt > now ? [{ id, entry }] : [];
    });
    this.toTell.clear();
    const news = told.map(({ id, entry }) => {
      const delta = entry.own - entry.told;
      // Before the answer: whether lost news were counted is not known, and telling them twice would refuse too early.
      entry.told = entry.own;
      return {
        key: `${id}:${String(entry.endsAt)}`,
        delta,
        forgetAfterMs: entry.endsAt - now + SWEEP_EVERY_MS,
      };
    });
    try {
      const totals = news.length > 0 ? await this.tell(news) : [];
      told.forEach(({ entry }, index) => {
        entry.others = Math.max(0, (totals[index] ?? 0) - entry.told);
      });
    } catch {
      this.onUntold();
    }
    this.timer =
      this.toTell.size > 0 ? setTimeout(() => void this.tellAll(), TELL_EVERY_MS).unref() : undefined;
  }

  private sweep(now: number): void {
    this.sweepAt = now + SWEEP_EVERY_MS;
    for (const [id, { endsAt }] of this.entries) if (endsAt <= now) this.entries.delete(id);
  }
}

/** The same on every instance, and another for each key: those who wait for theirs do not all come back at once. */
function endOfWindow(id: string, windowMs: number, now: number): number {
  let hash = 0;
  for (let index = 0; index < id.length; index += 1) hash = (hash * 31 + id.charCodeAt(index)) % windowMs;
  return (Math.floor((now - hash) / windowMs) + 1) * windowMs + hash;
}
