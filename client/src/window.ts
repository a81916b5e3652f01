import type { ChangesEvent, Message, MessagePage } from '@parley/protocol';
import { withOwnReactions } from './own-reactions.js';

/**
 * The messages held of one conversation, and `rev`, the last change applied without a gap: rules 1 to 3 of the
 * contract's section 6 as a state machine without clocks and without I/O. Seqs are contiguous from the first
 * message held to the last, always.
 */
export interface Window {
  /** `null`: nothing is loaded, and nothing is fetched for it. */
  readonly rev: number | null;
  /** The newest change known of, shown or not. */
  readonly head: number;
  readonly messages: readonly Message[];
  readonly hasBefore: boolean;
  /** Changes beyond a hole, waiting for it to close. */
  readonly held: readonly ChangesEvent[];
}

/** What `GET …/changes` told: all changes in (since, lastRev]. */
export interface CatchUp {
  readonly since: number;
  readonly items: readonly Message[];
  readonly lastRev: number;
}

export const EMPTY_WINDOW: Window = { rev: null, head: 0, messages: [], hasBefore: false, held: [] };

/** More changes than this beyond one hole are not kept: the repair brings them anyway. */
const HELD_MAX = 200;

/** Whether changes are known of that are not applied, so that they must be fetched from `rev` on. */
export function isBehind(window: Window): boolean {
  return window.rev !== null && window.head > window.rev;
}

/** The newest page starts the window. Changes that arrived while it was loaded are applied on top. */
export function startWindow(page: MessagePage, arrived: readonly ChangesEvent[], myId: string): Window {
  const window: Window = {
    rev: page.lastRev,
    head: page.lastRev,
    messages: page.items,
    hasBefore: page.hasBefore,
    held: [],
  };
  return arrived.reduce((started, event) => applyChanges(started, event, myId), window);
}

/** Somebody said that there are changes up to `rev`. Applies nothing. */
export function noteHead(window: Window, rev: number): Window {
  return window.rev === null || rev <= window.head ? window : { ...window, head: rev };
}

export function applyChanges(window: Window, event: ChangesEvent, myId: string): Window {
  if (window.rev === null || event.toRev <= window.rev) return window;
  const head = Math.max(window.head, event.toRev);
  if (event.fromRev > window.rev) {
    const isRoom = window.held.length < HELD_MAX;
    return { ...window, head, held: isRoom ? [...window.held, event] : window.held };
  }
  const firstSeq = window.messages[0]?.seq ?? 0;
  const incoming = event.messages.map((message) =>
    withOwnReactions(message, window.messages[message.seq - firstSeq], event.reacted ?? [], myId),
  );
  return releaseHeld({ ...window, head, messages: merge(window.messages, incoming), rev: event.toRev }, myId);
}

/** A whole catch-up, all of its pages together. One that began above `rev` would leave a hole, and is dropped. */
export function applyCatchUp(window: Window, { since, items, lastRev }: CatchUp, myId: string): Window {
  if (window.rev === null || since > window.rev || lastRev < window.rev) return window;
  const head = Math.max(window.head, lastRev);
  return releaseHeld({ ...window, head, messages: merge(window.messages, items), rev: lastRev }, myId);
}

/**
 * From where changes must be fetched before an older page may be shown; `null` when it may. `knownTo` is the rev up
 * to which the page and the changes fetched for it reach.
 */
export function missingForPage(window: Window, knownTo: number): number | null {
  return window.rev !== null && knownTo < window.rev ? knownTo : null;
}

/** An older page, brought up to `rev` at least by the changes since its own. Moves no rev. */
export function prependPage(window: Window, page: MessagePage, changes: readonly Message[]): Window {
  const [first] = window.messages;
  if (window.rev === null || !first) return window;
  const isOlder = ({ seq }: Message): boolean => seq < first.seq;
  const older = page.items.filter(isOlder);
  // Only what ends right before the window keeps it without holes.
  if (older.length > 0 && older.at(-1)?.seq !== first.seq - 1) return window;
  const changed = changes.filter((message) => isOlder(message) && message.seq >= (older[0]?.seq ?? Infinity));
  return { ...window, messages: [...merge(older, changed), ...window.messages], hasBefore: page.hasBefore };
}

function releaseHeld(window: Window, myId: string): Window {
  if (window.rev === null || window.held.length === 0) return window;
  const waiting = [...window.held].sort((a, b) => a.fromRev - b.fromRev);
  const released: Window = { ...window, held: [] };
  return waiting.reduce((next, event) => applyChanges(next, event, myId), released);
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
