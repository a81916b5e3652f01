import type { Message, PostMessageInput } from '@parley/protocol';
import { currentContext } from '../infra/request-context/request-context.js';
import type { MentionedNames } from './find-mentions.js';
import { findMentions } from './find-mentions.js';

/** A message on its way into the log. Its id is made once, so that every attempt to write it is the same one. */
export interface OutgoingMessage {
  readonly id: string;
  readonly conversationId: string;
  readonly senderId: string;
  readonly clientMessageId: string;
  readonly text: string;
  readonly replyToId: string | null;
  readonly threadRootId: string | null;
  readonly mentioned: MentionedNames;
  readonly attachmentIds: readonly string[];
  /** When its command arrived, in milliseconds since 1970. */
  readonly arrivedAt: number;
  /** The request that sent it, for the jobs that it causes. */
  readonly requestId: string | null;
  /** Within one call nothing keeps two messages from claiming the same file. */
  readonly alone: boolean;
}

export function outgoingMessage(
  id: string,
  senderId: string,
  conversationId: string,
  input: PostMessageInput,
): OutgoingMessage {
  const attachmentIds = [...new Set(input.attachmentIds ?? [])];
  return {
    id,
    conversationId,
    senderId,
    clientMessageId: input.clientMessageId,
    text: input.text,
    replyToId: input.replyToId ?? null,
    threadRootId: input.threadRootId ?? null,
    mentioned: findMentions(input.text),
    attachmentIds,
    arrivedAt: Date.now(),
    requestId: currentContext()?.requestId ?? null,
    alone: attachmentIds.length > 0,
  };
}

/** What became of it. */
export type WriteOutcome =
  | {
      readonly status: 'created';
      readonly message: Message;
      /** The revs that it took: its own, and its thread root's right after. */
      readonly toRev: number;
      readonly threadRoot: Message | null;
      /** The rev of the last removal before it. */
      readonly membersRev: number;
      /** Whether it took the sender's mark "unread" away. */
      readonly unmarked: boolean;
    }
  | { readonly status: 'duplicate'; readonly message: Message; readonly membersRev: number }
  | { readonly status: 'not_member' | 'reply_not_found' | 'root_not_found' | 'attachment_not_found' };
