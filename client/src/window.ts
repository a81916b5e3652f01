import type { ChangesEvent, Message, MessagePage } from '@parley/protocol';

/**
 * The messages held of one conversation, and `rev`, the last change applied without a gap: rules 1 to 3 of the
 * contract's section 6 as a state machine without clocks and without I/O. Seqs are contiguous from the first
 * message held to the last, always.
 */
export interface Window {
  /** `null`: nothing is loaded, and nothing is fetched for it. */
  readonly rev: number | null;
  readonly messages: readonly Message[];
  readonly hasBefore: boolean;
  /** Changes beyond a hole, waiting for it to close. */
  readonly held: readonly ChangesEvent[];
}

export const EMPTY_WINDOW: Window = { rev: null, messages: [], hasBefore: false, held: [] };

/** More changes than this beyond one hole are not kept: the repair brings them anyway. */
const HELD_MAX = 200;

/** Whether a change beyond a hole is known of, so that it must be repaired from `rev`. */
export function hasHole(window: Window): boolean {
  return window.held.length > 0;
}

/** The newest page starts the window. Changes that arrived while it was loaded are applied on top. */
export function startWindow(page: MessagePage, arrived: readonly ChangesEvent[]): Window {
  const window: Window = { rev: page.lastRev, messages: page.items, hasBefore: page.hasBefore, held: [] };
  return arrived.reduce(applyChanges, window);
}

export function applyChanges(window: Window, event: ChangesEvent): Window {
  if (window.rev === null || event.toRev <= window.rev) return window;
  if (event.fromRev > window.rev) {
    return window.held.length < HELD_MAX ? { ...window, held: [...window.held, event] } : window;
  }
  return releaseHeld({ ...window, messages: merge(window.messages, event.messages), rev: event.toRev });
}

/** A whole catch-up, all of its pages together: the changes after `rev` up to `toRev`. */
export function applyCatchUp(window: Window, messages: readonly Message[], toRev: number): Window {
  if (window.rev === null || toRev < window.rev) return window;
  return releaseHeld({ ...window, messages: merge(window.messages, messages), rev: toRev });
}

/**
 * An older page. `changes` are those after the page's rev where that is below the window's: the page is never shown
 * without them. Moves no rev.
 */
export function prependPage(window: Window, page: MessagePage, changes: readonly Message[]): Window {
  const [first] = window.messages;
  if (window.rev === null || !first) return window;
  const older = page.items.filter(({ seq }) => seq < first.seq);
  // Only what ends right before the window keeps it without holes.
  if (older.length > 0 && older.at(-1)?.seq !== first.seq - 1) return window;
  const messages = merge(merge([...older, ...window.messages], page.items), changes);
  return { ...window, messages, hasBefore: page.hasBefore };
}

function releaseHeld(window: Window): Window {
  if (window.rev === null || window.held.length === 0) return window;
  const waiting = [...window.held].sort((a, b) => a.fromRev - b.fromRev);
  return waiting.reduce(applyChanges, { ...window, held: [] });
}

/**
 * Puts messages in their places: a message held is replaced only by one with a higher rev, a new one is appended,
 * one before the window is left for the page that will bring it.
 */
function merge(held: readonly Message[], incoming: readonly Message[]): readonly Message[] {
  const firstSeq = held[0]?.seq ?? incoming.reduce((least, { seq }) => Math.min(least, seq), Infinity);
  let merged: Message[] | null = null;
  for (const message of [...incoming].sort((a, b) => a.seq - b.seq)) {
    const current: readonly Message[] = merged ?? held;
    const index = message.seq - firstSeq;
    const there = current[index];
    if (index < 0 || index > current.length || (there && there.rev >= message.rev)) continue;
    merged ??= [...held];
    merged[index] = message;
  }
  return merged ?? held;
}
