import type { Conversation } from '@parley/protocol';
import { useEffect } from 'react';
import { useClient } from '../../lib/chat/client-context.js';
import type { TimelineItem } from './timeline-items.js';

/** Moves the read pointer to the last message in sight, while somebody is there to see it. */
export function useReadMarker(
  conversation: Conversation,
  items: readonly TimelineItem[],
  lastVisibleIndex: number,
  ready: boolean,
): void {
  const client = useClient();
  const { id } = conversation;
  const { readSeq } = conversation.me;
  const seenSeq = highestSeq(items, lastVisibleIndex);

  useEffect(() => {
    if (!ready || seenSeq <= readSeq) return undefined;
    const mark = (): void => {
      if (document.visibilityState === 'visible' && document.hasFocus()) client.markRead(id, seenSeq);
    };
    mark();
    window.addEventListener('focus', mark);
    return () => window.removeEventListener('focus', mark);
  }, [client, id, ready, seenSeq, readSeq]);
}

function highestSeq(items: readonly TimelineItem[], lastVisibleIndex: number): number {
  for (let index = Math.min(lastVisibleIndex, items.length - 1); index >= 0; index -= 1) {
    const item = items[index];
    if (item !== undefined && item.type !== 'outgoing') return item.message.seq;
  }
  return 0;
}
