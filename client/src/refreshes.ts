import { HOLE_PATIENCE_MS } from '@parley/protocol/names';

/** Fetches single conversations anew, each once for all that asks for it within a while. */
export class Refreshes {
  private readonly waiting = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(private readonly refresh: (id: string) => Promise<void>) {}

  soon(id: string, spreadMs: number): void {
    if (this.waiting.has(id)) return;
    const pause = HOLE_PATIENCE_MS + Math.random() * spreadMs;
    this.waiting.set(
      id,
      setTimeout(() => {
        this.waiting.delete(id);
        // Not found: not a member any more. Anything else: the next sync brings it.
        this.refresh(id).catch(() => undefined);
      }, pause),
    );
  }

  /** The next sync brings all of it. */
  stop(): void {
    for (const timer of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
  }
}
