import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { MEMBER_IDS_MAX, SEARCH_QUERY_MAX, TITLE_MAX, TOPIC_MAX } from '../limits.js';
import { IsClientId, IsCursor, IsId, IsIds, IsLabel, IsPageLimit, IsText } from '../rules.js';
import type { ConversationKind, MemberRole, NotifyLevel, Visibility } from '../shapes.js';

export class PageQuery {
  @IsOptional()
  @IsCursor()
  cursor?: string;

  @IsOptional()
  @IsPageLimit()
  limit?: number;
}

export class CreateConversationInput {
  @IsIn(['direct', 'group', 'channel'], { message: 'must be direct, group or channel' })
  kind!: ConversationKind;

  /** The caller is implied. A direct conversation names exactly one other person. */
  @IsIds(1, MEMBER_IDS_MAX)
  memberIds!: string[];

  @IsOptional()
  @IsLabel(TITLE_MAX)
  title?: string | null;

  /** `public` is for channels: anybody may find and join them. */
  @IsOptional()
  @IsIn(['private', 'public'], { message: 'must be private or public' })
  visibility?: Visibility;

  /** A repeated id answers the conversation it made first. */
  @IsOptional()
  @IsClientId()
  clientConversationId?: string;
}

/** `null` clears title and topic; an absent field stays as it is. */
export class ChangeConversationInput {
  @IsOptional()
  @IsLabel(TITLE_MAX)
  title?: string | null;

  @IsOptional()
  @IsText(0, TOPIC_MAX)
  topic?: string | null;

  @IsOptional()
  @IsIn(['private', 'public'], { message: 'must be private or public' })
  visibility?: Visibility;
}

export class FindChannelsQuery extends PageQuery {
  @IsOptional()
  @IsText(0, SEARCH_QUERY_MAX)
  query?: string;
}

export class ChangeMembershipInput {
  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  muted?: boolean;

  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  pinned?: boolean;

  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  archived?: boolean;

  @IsOptional()
  @IsIn(['all', 'mentions', 'none'], { message: 'must be all, mentions or none' })
  notify?: NotifyLevel;

  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  markedUnread?: boolean;
}

export class AddMembersInput {
  @IsIds(1, MEMBER_IDS_MAX)
  userIds!: string[];
}

export class ChangeMemberInput {
  @IsIn(['owner', 'admin', 'member'], { message: 'must be owner, admin or member' })
  role!: MemberRole;
}

export class TypingInput {
  @IsId()
  conversationId!: string;
}
