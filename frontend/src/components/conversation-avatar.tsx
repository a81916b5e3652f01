import type { Conversation, Id } from '@parley/protocol';
import { Hash, Lock } from 'lucide-react';
import { conversationTitle } from '../lib/conversation-title.js';
import { Avatar } from './ui/avatar.js';

/** A person's face for a direct, a sign for a channel, initials of the title for a group. */
export function ConversationAvatar({
  conversation,
  meId,
  size = 'md',
}: {
  conversation: Conversation;
  meId: Id;
  size?: 'sm' | 'md' | 'lg';
}) {
  const name = conversationTitle(conversation, meId);
  if (conversation.kind === 'direct') {
    const other = conversation.participants.find((user) => user.id !== meId);
    return (
      <Avatar id={other?.id ?? conversation.id} name={name} imageUrl={other?.avatarUrl ?? null} size={size} />
    );
  }
  if (conversation.kind === 'channel') {
    const Sign = conversation.visibility === 'public' ? Hash : Lock;
    return (
      <Avatar id={conversation.id} name={name} size={size} square>
        <Sign className="size-[1.35em]" aria-hidden="true" />
      </Avatar>
    );
  }
  return <Avatar id={conversation.id} name={name} size={size} square />;
}
