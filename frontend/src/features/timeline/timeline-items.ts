import type { OutboxEntry } from '@parley/client';
import type { Message } from '@parley/protocol';
import { dayStart } from '../../lib/time-labels.js';

interface Placed {
  /** Stable, so that a row stays the same row when older pages and answers arrive. */
  key: string;
  /**
   * Set where a day begins. The separator is a part of the row below it: as a row of its own it would be what the
   * scroll position holds on to at the top of the list, and it moves away when older messages of that day arrive.
   */
  day: Date | null;
  /** Whether the line "New" stands above it. */
  unread: boolean;
  /** First and last of what one person writes in one go. */
  first: boolean;
  last: boolean;
}

export type TimelineItem =
  | (Placed & { type: 'system'; message: Message })
  | (Placed & { type: 'message'; message: Message })
  | (Placed & { type: 'outgoing'; entry: OutboxEntry });

/** A pause this long begins a new group: the time label then says something again. */
const GROUP_PAUSE_MS = 5 * 60_000;

interface Line {
  senderId: string;
  time: number;
  replies: boolean;
  system: boolean;
}

function continues(previous: Line | null, next: Line): boolean {
  return (
    previous !== null &&
    !previous.system &&
    !next.system &&
    previous.senderId === next.senderId &&
    !next.replies &&
    next.time - previous.time < GROUP_PAUSE_MS
  );
}

/** A message keeps the key of the entry it was sent from, so that its row stays the same row when it is acknowledged. */
function messageKey(message: Message, meId: string): string {
  return message.senderId === meId && message.clientMessageId !== null
    ? `own:${message.clientMessageId}`
    : message.id;
}

export interface TimelineInput {
  /** By seq, ascending. */
  messages: readonly Message[];
  outgoing: readonly OutboxEntry[];
  meId: string;
  /** The line "New" stands above the first text of somebody else after this seq; `null`: no line. */
  unreadAfterSeq: number | null;
}

export function timelineItems({ messages, outgoing, meId, unreadAfterSeq }: TimelineInput): TimelineItem[] {
  const items: TimelineItem[] = [];
  let previous: Line | null = null;
  let currentDay: number | null = null;
  let unreadShown = unreadAfterSeq === null;

  const place = (key: string, line: Line, unread: boolean): Placed => {
    const time = new Date(line.time);
    const start = dayStart(time);
    // Clocks are labels: a message may carry an earlier day than the one above it, which opens no day again.
    const day = currentDay === null || start > currentDay ? time : null;
    if (day !== null) currentDay = start;
    const first = day !== null || unread || !continues(previous, line);
    const above = items[items.length - 1];
    if (!first && above !== undefined) above.last = false;
    previous = line;
    return { key, day, unread, first, last: true };
  };

  for (const message of messages) {
    const system = message.kind === 'system';
    const unread =
      !unreadShown && message.seq > (unreadAfterSeq ?? 0) && message.senderId !== meId && !system;
    if (unread) unreadShown = true;
    const line = {
      senderId: message.senderId,
      time: Date.parse(message.createdAt),
      replies: message.replyToId !== null,
      system,
    };
    const key = messageKey(message, meId);
    const placed = place(key, line, unread);
    items.push(system ? { ...placed, type: 'system', message } : { ...placed, type: 'message', message });
  }
  for (const entry of outgoing) {
    const line = {
      senderId: meId,
      time: Date.parse(entry.createdAt),
      replies: entry.replyToId !== null,
      system: false,
    };
    items.push({ ...place(`own:${entry.clientMessageId}`, line, false), type: 'outgoing', entry });
  }
  return items;
}
