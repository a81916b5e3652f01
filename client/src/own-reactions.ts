import type { Message, Reacted } from '@parley/protocol';

/**
 * A message from an event with `mine` where this person reacted. Events are the same for everybody and name only the
 * first people of a reaction; beyond those the event's own word counts, and else what was known before.
 */
export function withOwnReactions(
  message: Message,
  held: Message | undefined,
  reacted: readonly Reacted[],
  myId: string,
): Message {
  if (message.reactions.length === 0) return message;
  const isMine = (emoji: string): boolean =>
    reacted.findLast((each) => each.messageId === message.id && each.userId === myId && each.emoji === emoji)
      ?.on ??
    held?.reactions.find((reaction) => reaction.emoji === emoji)?.mine ??
    false;
  return {
    ...message,
    reactions: message.reactions.map(({ mine: _theirs, ...reaction }) => {
      const named = reaction.userIds.includes(myId);
      const allNamed = reaction.userIds.length >= reaction.count;
      return named || (!allNamed && isMine(reaction.emoji)) ? { ...reaction, mine: true } : reaction;
    }),
  };
}
