import type { Timeline } from '@parley/client';
import type { Virtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { TimelineItem } from './timeline-items.js';

const HIGHLIGHT_MS = 1_600;
/** A quote may point far back; more pages than these would be a wait without an end. */
const JUMP_PAGES = 30;

/** Goes to a message, loading older pages until it is there, and shows for a moment which one it is. */
export function useJump(
  timeline: Timeline,
  items: readonly TimelineItem[],
  virtualizer: Virtualizer<HTMLDivElement, Element>,
  loadOlder: () => Promise<void>,
): { highlightedId: string | null; jumpTo: (messageId: string) => void } {
  const [highlightedId, setHighlightedId] = useState<string | null>(null);
  const latest = useRef(items);
  useEffect(() => {
    latest.current = items;
  }, [items]);

  const jump = useCallback(
    async (messageId: string) => {
      const find = (): number =>
        latest.current.findIndex((item) => item.type !== 'outgoing' && item.message.id === messageId);
      for (let page = 0; find() < 0 && timeline.getSnapshot().hasBefore && page < JUMP_PAGES; page += 1) {
        await loadOlder();
        // The page stands in the list after the next render.
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      const index = find();
      if (index < 0) return;
      virtualizer.scrollToIndex(index, { align: 'center' });
      setHighlightedId(messageId);
      setTimeout(() => setHighlightedId(null), HIGHLIGHT_MS);
    },
    [timeline, virtualizer, loadOlder],
  );
  const jumpTo = useCallback((messageId: string) => void jump(messageId), [jump]);
  return { highlightedId, jumpTo };
}
