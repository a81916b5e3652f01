import type { Conversation } from '@parley/protocol';
import { useEffect, useRef, useState } from 'react';

/**
 * The seq above which everything was unread when the reader came: when the conversation opened, or when the page was
 * last looked at. It stays where it is while the reader reads, unlike the read pointer.
 */
export function useUnreadLine(conversation: Conversation, ready: boolean): number | null {
  const latest = useRef(conversation);
  useEffect(() => {
    latest.current = conversation;
  }, [conversation]);
  const [line, setLine] = useState<number | null>(() =>
    conversation.me.unread > 0 ? conversation.me.readSeq : null,
  );

  useEffect(() => {
    if (!ready) return undefined;
    const away = (): void => {
      if (document.visibilityState === 'hidden') setLine(latest.current.lastSeq);
    };
    document.addEventListener('visibilitychange', away);
    return () => document.removeEventListener('visibilitychange', away);
  }, [ready]);

  return line;
}
