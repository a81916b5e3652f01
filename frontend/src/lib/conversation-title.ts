import type { Conversation, Id } from '@parley/protocol';

/** What a conversation is called on the reader's screen: its title, or the other people in it. */
export function conversationTitle(conversation: Conversation, meId: Id): string {
  if (conversation.title !== null) return conversation.title;
  const others = conversation.participants.filter((user) => user.id !== meId);
  const names = others.map((user) => user.displayName);
  if (conversation.kind === 'direct') return names[0] ?? 'Direct message';
  if (names.length === 0) return conversation.kind === 'channel' ? 'Untitled channel' : 'Just you';
  // The reader is counted in memberCount, the participants named here are not the reader.
  const unnamed = conversation.memberCount - 1 - names.length;
  return unnamed > 0 ? `${names.join(', ')} and ${unnamed} more` : names.join(', ');
}
