import type { Virtualizer } from '@tanstack/react-virtual';
import type { KeyboardEvent } from 'react';
import type { MessageCommands } from './message-commands.js';
import type { TimelineItem } from './timeline-items.js';

/** Which row of the list the element stands in. */
export function rowKeyOf(target: EventTarget): string | null {
  if (!(target instanceof Element)) return null;
  return target.closest<HTMLElement>('[data-index]')?.dataset['key'] ?? null;
}

/** Arrows, Home and End walk the messages; R answers and E edits the one that has the focus. */
export function handleRowKey(
  event: KeyboardEvent<HTMLElement>,
  list: {
    items: readonly TimelineItem[];
    virtualizer: Virtualizer<HTMLDivElement, Element>;
    meId: string;
    commands: Pick<MessageCommands, 'reply' | 'edit'>;
  },
): void {
  const row = event.target;
  // Keys belong to the message itself, not to the buttons and links inside it.
  if (!(row instanceof HTMLElement) || row.dataset['index'] === undefined) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { items, virtualizer, meId, commands } = list;
  const index = Number(row.dataset['index']);
  const item = items[index];
  const message = item?.type === 'message' && item.message.deletedAt === null ? item.message : null;
  const goal = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: items.length - 1 }[event.key];
  if (goal !== undefined && items[goal] !== undefined) {
    virtualizer.scrollToIndex(goal, { align: 'auto' });
    // A row far away is in the page only after it was scrolled to.
    requestAnimationFrame(() => {
      virtualizer.scrollElement
        ?.querySelector<HTMLElement>(`[data-index="${goal}"]`)
        ?.focus({ preventScroll: true });
    });
  } else if (event.key === 'r' && message !== null) {
    commands.reply(message);
  } else if (event.key === 'e' && message !== null && message.senderId === meId) {
    commands.edit(message);
  } else {
    return;
  }
  event.preventDefault();
}
