import type { Conversation } from '@parley/protocol';

export type ConversationFilter = 'all' | 'unread' | 'archived';

export function isUnread(conversation: Conversation): boolean {
  return conversation.me.unread > 0 || conversation.me.markedUnread;
}

/** Pinned ones first; inside both parts the given order, latest activity first, is kept. */
export function arrangeConversations(
  conversations: readonly Conversation[],
  filter: ConversationFilter,
): Conversation[] {
  const shown = conversations.filter((conversation) => {
    if (filter === 'archived') return conversation.me.archived;
    if (conversation.me.archived) return false;
    return filter === 'all' || isUnread(conversation);
  });
  return [
    ...shown.filter((conversation) => conversation.me.pinned),
    ...shown.filter((conversation) => !conversation.me.pinned),
  ];
}
