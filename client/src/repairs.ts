import { HOLE_PATIENCE_MS } from '@parley/protocol/names';
import { backoffMs, sleep } from './delays.js';
import { ParleyError } from './parley-error.js';
import type { Timeline, TimelineSource } from './timeline.js';

interface Repair {
  /** Without a known hole: the server said that there is more. */
  isForced: boolean;
}

/** Closes holes: one repair at a time a conversation, after a pause in which late frames close most of them. */
export class Repairs {
  private readonly running = new Map<string, Repair>();
  private readonly waiting = new Map<string, ReturnType<typeof setTimeout>>();
  private connection = new AbortController();

  constructor(
    private readonly changesSince: TimelineSource['changesSince'],
    /** The random part of the pause, so that a room that lost a frame does not ask in one instant. */
    private readonly spreadMs: () => number,
  ) {}

  /** The connection is gone: the next sync says anew what is missing. */
  stop(): void {
    this.connection.abort();
    this.connection = new AbortController();
    for (const timer of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
    this.running.clear();
  }

  /** There may be a hole: looks after a while, and repairs it if it is still there. */
  soon(timeline: Timeline): void {
    const id = timeline.conversationId;
    if (!timeline.isBehind || this.running.has(id) || this.waiting.has(id)) return;
    const pause = HOLE_PATIENCE_MS + Math.random() * this.spreadMs();
    this.waiting.set(
      id,
      setTimeout(() => {
        this.waiting.delete(id);
        if (timeline.isBehind) this.start(timeline, { isForced: false });
      }, pause),
    );
  }

  /** The server said that there is more than it told. */
  now(timeline: Timeline): void {
    const running = this.running.get(timeline.conversationId);
    if (running) running.isForced = true;
    else this.start(timeline, { isForced: true });
  }

  private start(timeline: Timeline, repair: Repair): void {
    const id = timeline.conversationId;
    if (this.running.has(id)) return;
    this.running.set(id, repair);
    const { signal } = this.connection;
    void this.run(timeline, repair, signal).finally(() => {
      if (signal.aborted) return;
      this.running.delete(id);
      // A hole that opened while this one was closed.
      this.soon(timeline);
    });
  }

  private async run(timeline: Timeline, repair: Repair, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const since = timeline.rev;
      if (since === null || !(repair.isForced || timeline.isBehind)) return;
      try {
        repair.isForced = false;
        const caughtUp = await this.changesSince(timeline.conversationId, since);
        if (signal.aborted) return;
        if (caughtUp === null) timeline.reset();
        else timeline.applyCatchUp(caughtUp);
        return;
      } catch (error) {
        repair.isForced = true;
        // Not a member any more, or not signed in: there is nothing to repair until that changes.
        if (error instanceof ParleyError && !error.retryable) return;
        const wait = error instanceof ParleyError ? (error.retryAfterMs ?? 0) : 0;
        await sleep(Math.max(wait, backoffMs(attempt)), signal);
      }
    }
  }
}
