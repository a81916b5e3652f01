import type { Seen } from '../recording/entries.js';

/** A `changes` frame with its messages reduced to what is recorded. */
export interface SeenChanges {
  fromRev: number;
  toRev: number;
  messages: Seen[];
}

export interface Step {
  from: number;
  to: number;
  /** What came new or changed, in the order of their revs. */
  messages: Seen[];
}

/**
 * Section 6 of the contract for one conversation whose messages are loaded, written again from the text: the
 * product's own client must not judge itself. Pure: no clock, no network.
 */
export class ConversationWindow {
  rev: number;
  readonly messages = new Map<number, Seen>();
  private held: SeenChanges[] = [];

  constructor(page: Seen[], lastRev: number) {
    this.rev = lastRev;
    for (const message of page) this.messages.set(message.seq, message);
  }

  /** The lowest rev that is waited for, where something is held behind a hole. */
  get hasHole(): boolean {
    return this.held.length > 0;
  }

  /** Takes a frame: the steps it allows, none where it is old or stands behind a hole. */
  take(frame: SeenChanges): Step[] {
    if (frame.toRev <= this.rev) return [];
    if (frame.fromRev > this.rev) {
      this.held.push(frame);
      return [];
    }
    return [this.step(frame.toRev, frame.messages), ...this.release()];
  }

  /** Takes a whole catch-up, all pages at once. */
  catchUp(toRev: number, messages: Seen[]): Step[] {
    const steps =
      toRev > this.rev || messages.length > 0 ? [this.step(Math.max(this.rev, toRev), messages)] : [];
    return [...steps, ...this.release()];
  }

  private release(): Step[] {
    const steps: Step[] = [];
    for (;;) {
      this.held = this.held.filter((frame) => frame.toRev > this.rev);
      const next = this.held.find((frame) => frame.fromRev <= this.rev);
      if (next === undefined) return steps;
      steps.push(this.step(next.toRev, next.messages));
    }
  }

  private step(toRev: number, messages: Seen[]): Step {
    const from = this.rev;
    const changed: Seen[] = [];
    for (const message of [...messages].sort((left, right) => left.rev - right.rev)) {
      const shown = this.messages.get(message.seq);
      if (shown !== undefined && shown.rev >= message.rev) continue;
      this.messages.set(message.seq, message);
      changed.push(message);
    }
    this.rev = toRev;
    return { from, to: toRev, messages: changed };
  }
}
