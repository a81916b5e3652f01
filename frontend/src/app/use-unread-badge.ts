import type { Conversation, Id } from '@parley/protocol';
import { useEffect } from 'react';
import { conversationTitle } from '../lib/conversation-title.js';

/** The tab says how many unread messages wait, muted conversations aside, and where one is. */
export function useUnreadBadge(
  conversations: readonly Conversation[],
  meId: Id,
  openId: Id | undefined,
): void {
  const unread = conversations
    .filter((held) => !held.me.muted)
    .reduce((sum, held) => sum + Math.max(held.me.unread, held.me.markedUnread ? 1 : 0), 0);
  const open = conversations.find((held) => held.id === openId);
  const place = open === undefined ? 'Parley' : `${conversationTitle(open, meId)} · Parley`;

  useEffect(() => {
    document.title = unread > 0 ? `(${unread > 99 ? '99+' : unread}) ${place}` : place;
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (icon !== null) icon.href = unread > 0 ? '/favicon-unread.svg' : '/favicon.svg';
  }, [unread, place]);

  useEffect(
    () => () => {
      document.title = 'Parley';
    },
    [],
  );
}
