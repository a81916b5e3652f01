import type { ConversationWindow } from './conversation-window.js';

/** The server's word: so many were unread above the pointer, up to the head. */
export interface UnreadWord {
  lastSeq: number;
  readSeq: number;
  unread: number;
}

/** Words may overtake each other; pointers and heads never go back. */
export function laterWord(held: UnreadWord | null, word: UnreadWord): UnreadWord {
  if (held === null || word.readSeq > held.readSeq) return word;
  return word.readSeq === held.readSeq && word.lastSeq >= held.lastSeq ? word : held;
}

/**
 * What a device shows as unread, by the rule of the contract: texts of others above the pointer. From the loaded messages where they reach
 * down to the pointer, else from the server's word and what was written after it; `null` where neither tells.
 */
export function countUnread(
  window: ConversationWindow | null,
  readSeq: number,
  word: UnreadWord | null,
  user: string,
): { unread: number | null; mentions: number | null } {
  if (window === null) return { unread: null, mentions: null };
  const { messages } = window;
  const top = Math.max(0, ...messages.keys());
  let lowest = top + 1;
  while (messages.has(lowest - 1)) lowest -= 1;
  const texts = [...messages.values()].filter(({ kind, sender }) => kind === 'text' && sender !== user);
  if (lowest <= readSeq + 1) {
    const above = texts.filter(({ seq }) => seq > readSeq);
    return {
      unread: above.length,
      mentions: above.filter(({ mentions }) => mentions?.some((id) => id === user || id === '*')).length,
    };
  }
  if (word?.readSeq !== readSeq || lowest > word.lastSeq + 1) return { unread: null, mentions: null };
  // Whom the messages of the word mention is not known: an edit may have changed it since.
  return {
    unread: word.unread + texts.filter(({ seq }) => seq > word.lastSeq).length,
    mentions: null,
  };
}
