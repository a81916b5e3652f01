import { IsEmail, IsIn, IsOptional, MaxLength } from 'class-validator';
import { DISPLAY_NAME_MAX, EMAIL_MAX, PRESENCE_IDS_MAX, SEARCH_QUERY_MAX, USER_IDS_MAX } from '../limits.js';
import { IsId, IsIds, IsLabel, IsPageLimit, IsText } from '../rules.js';

/** By `query` (a part of the username or display name) or by `ids`; with neither, everybody by name. */
export class FindUsersQuery {
  @IsOptional()
  @IsText(0, SEARCH_QUERY_MAX)
  query?: string;

  @IsOptional()
  @IsPageLimit()
  limit?: number;

  @IsOptional()
  @IsIds(1, USER_IDS_MAX)
  ids?: string[];
}

/** `null` clears e-mail and avatar; an absent field stays as it is. */
export class ChangeMeInput {
  @IsOptional()
  @IsLabel(DISPLAY_NAME_MAX)
  displayName?: string;

  @IsOptional()
  @IsId()
  avatarAttachmentId?: string | null;

  @IsOptional()
  @IsEmail({}, { message: 'must be an e-mail address' })
  @MaxLength(EMAIL_MAX, { message: 'is too long' })
  email?: string | null;
}

export class PresenceQuery {
  @IsIds(1, PRESENCE_IDS_MAX)
  ids!: string[];
}

/** Replaces the list of people whose presence this socket is told. */
export class WatchPresenceInput {
  @IsIds(0, PRESENCE_IDS_MAX)
  userIds!: string[];
}

export class SetPresenceInput {
  @IsIn(['online', 'away'], { message: 'must be online or away' })
  status!: 'online' | 'away';
}
