import { IsOptional } from 'class-validator';
import { ATTACHMENTS_PER_MESSAGE_MAX, SYNC_CONVERSATIONS_MAX, TEXT_MAX } from '../limits.js';
import {
  IsClientId,
  IsCursor,
  IsEmoji,
  IsId,
  IsIds,
  IsPageLimit,
  IsPosition,
  IsRevsById,
  IsText,
} from '../rules.js';

/** The body of POST /conversations/:id/messages. An empty text needs an attachment. */
export class PostMessageInput {
  @IsClientId()
  clientMessageId!: string;

  @IsText(0, TEXT_MAX)
  text!: string;

  @IsOptional()
  @IsId()
  replyToId?: string | null;

  @IsOptional()
  @IsId()
  threadRootId?: string | null;

  @IsOptional()
  @IsIds(0, ATTACHMENTS_PER_MESSAGE_MAX)
  attachmentIds?: string[];
}

export class SendMessageInput extends PostMessageInput {
  @IsId()
  conversationId!: string;
}

/** The body of PATCH /messages/:id. */
export class ChangeMessageInput {
  @IsText(0, TEXT_MAX)
  text!: string;

  /** The rev that the writer saw; another one answers CONFLICT. */
  @IsOptional()
  @IsPosition(1)
  ifRev?: number;
}

export class EditMessageInput extends ChangeMessageInput {
  @IsId()
  messageId!: string;
}

export class DeleteMessageInput {
  @IsId()
  messageId!: string;
}

export class ReactionInput {
  @IsId()
  messageId!: string;

  @IsEmoji()
  emoji!: string;
}

/** At most one of `before`, `after` and `around`; none: the newest page. */
export class HistoryQuery {
  @IsOptional()
  @IsPosition()
  before?: number;

  @IsOptional()
  @IsPosition()
  after?: number;

  @IsOptional()
  @IsPosition()
  around?: number;

  @IsOptional()
  @IsPageLimit()
  limit?: number;
}

export class ChangesQuery {
  @IsPosition()
  since!: number;

  @IsOptional()
  @IsPageLimit()
  limit?: number;
}

export class ThreadQuery {
  @IsOptional()
  @IsPosition()
  after?: number;

  @IsOptional()
  @IsPageLimit()
  limit?: number;
}

export class PinsQuery {
  @IsOptional()
  @IsPosition()
  before?: number;

  @IsOptional()
  @IsPageLimit()
  limit?: number;
}

export class ReactionUsersQuery {
  @IsEmoji()
  emoji!: string;

  @IsOptional()
  @IsCursor()
  cursor?: string;
}

/** The body of PUT /conversations/:id/read. */
export class ReadInput {
  @IsPosition()
  seq!: number;
}

export class MovePointerInput extends ReadInput {
  @IsId()
  conversationId!: string;
}

export class SyncInput {
  /** The epoch that the positions belong to. */
  @IsOptional()
  @IsText(1, 100)
  epoch?: string;

  /** From the last answer; absent: everything. */
  @IsOptional()
  @IsCursor()
  cursor?: string;

  /** The rev held of each conversation whose messages are loaded. */
  @IsRevsById(SYNC_CONVERSATIONS_MAX)
  conversations!: Record<string, number>;
}
