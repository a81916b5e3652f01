import type { Message } from '@parley/protocol';
import { systemSentence, type NameOf } from './system-sentence.js';

/** Enough for the widest line that shows it; the rest would only be laid out to be cut. */
const PREVIEW_LENGTH = 160;

export interface PreviewContext {
  meId: string;
  nameOf: NameOf;
  /** Whether the sender is named in front: useless in a conversation of two. */
  withSender: boolean;
}

/** One line that stands for a message. */
export function messagePreview(message: Message, context: PreviewContext): string {
  if (message.system !== null) {
    return (
      systemSentence(message.system, {
        meId: context.meId,
        senderId: message.senderId,
        nameOf: context.nameOf,
      }) ?? ''
    );
  }
  const text =
    message.deletedAt !== null
      ? 'Message deleted'
      : message.text
          .slice(0, PREVIEW_LENGTH)
          .replace(/```[^\n]*\n?/g, '')
          .replace(/\s+/g, ' ')
          .trim() || (message.attachments.length > 0 ? 'Sent a file' : '');
  if (message.senderId === context.meId) return `You: ${text}`;
  const name = context.withSender ? context.nameOf(message.senderId) : null;
  return name === null ? text : `${name.split(' ')[0] ?? name}: ${text}`;
}
