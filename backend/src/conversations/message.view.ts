import type { Attachment, AttachmentStatus, Message, MessageKind, Reaction, System } from '@parley/protocol';

/** A time as the driver gives it in a row (Date) or inside JSON (text). */
type Time = Date | string;

/** A row of the view `message_rows`, read as such or as JSON in the answer of a function of the log. */
export interface MessageRow {
  readonly id: string;
  readonly conversation_id: string;
  readonly seq: number;
  readonly rev: number;
  readonly kind: MessageKind;
  readonly sender_id: string;
  readonly client_message_id: string | null;
  readonly text: string;
  readonly reply_to_id: string | null;
  readonly thread_root_id: string | null;
  readonly thread_replies: number;
  readonly mentions: string[];
  readonly mentions_all: boolean;
  readonly system: System | null;
  readonly pinned_at: Time | null;
  readonly edited_at: Time | null;
  readonly deleted_at: Time | null;
  readonly created_at: Time;
  readonly reactions: readonly ReactionRow[];
  readonly attachments: readonly AttachmentRow[];
}

interface ReactionRow {
  readonly emoji: string;
  readonly count: number;
  readonly user_ids: string[];
}

interface AttachmentRow {
  readonly id: string;
  readonly file_name: string;
  readonly content_type: string;
  readonly size: number;
  readonly status: AttachmentStatus;
  readonly reason: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly duration_ms: number | null;
  readonly thumbnail: boolean;
  readonly created_at: Time;
}

/** The message as everyone sees it: without `mine`, which is for answers made for one reader. */
export function toMessage(row: MessageRow): Message {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    seq: row.seq,
    rev: row.rev,
    kind: row.kind,
    senderId: row.sender_id,
    clientMessageId: row.client_message_id,
    text: row.text,
    replyToId: row.reply_to_id,
    threadRootId: row.thread_root_id,
    threadReplies: row.thread_replies,
    mentions: row.mentions,
    mentionsAll: row.mentions_all,
    attachments: row.attachments.map(toAttachment),
    reactions: row.reactions.map(toReaction),
    system: row.system,
    pinnedAt: toTimestamp(row.pinned_at),
    editedAt: toTimestamp(row.edited_at),
    deletedAt: toTimestamp(row.deleted_at),
    createdAt: new Date(row.created_at).toISOString(),
  };
}

function toReaction(row: ReactionRow): Reaction {
  return { emoji: row.emoji, count: row.count, userIds: row.user_ids };
}

function toAttachment(row: AttachmentRow): Attachment {
  return {
    id: row.id,
    fileName: row.file_name,
    contentType: row.content_type,
    size: row.size,
    status: row.status,
    reason: row.reason,
    width: row.width,
    height: row.height,
    durationMs: row.duration_ms,
    thumbnail: row.thumbnail,
    createdAt: new Date(row.created_at).toISOString(),
  };
}

function toTimestamp(time: Time | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
