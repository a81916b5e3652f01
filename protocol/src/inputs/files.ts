import { IsIn, IsInt, IsOptional, Matches, Min } from 'class-validator';
import { CONTENT_TYPE_MAX, FILE_NAME_MAX, SEARCH_QUERY_MAX } from '../limits.js';
import { IsCursor, IsId, IsLabel, IsPageLimit, IsPosition, IsText } from '../rules.js';

export class CreateUploadInput {
  @IsId()
  conversationId!: string;

  @IsLabel(FILE_NAME_MAX)
  fileName!: string;

  @IsText(1, CONTENT_TYPE_MAX)
  @Matches(/^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/i, { message: 'must be a media type' })
  contentType!: string;

  /** Bytes. */
  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be at least 1' })
  size!: number;

  /** Lower-case hexadecimal. */
  @IsOptional()
  @Matches(/^[0-9a-f]{64}$/, { message: 'must be a SHA-256 in lower-case hexadecimal' })
  sha256?: string;
}

export class AttachmentUrlQuery {
  @IsOptional()
  @IsIn(['original', 'thumbnail'], { message: 'must be original or thumbnail' })
  variant?: 'original' | 'thumbnail';
}

export class SearchQuery {
  @IsText(1, SEARCH_QUERY_MAX)
  query!: string;

  @IsOptional()
  @IsId()
  conversationId?: string;

  @IsOptional()
  @IsId()
  from?: string;

  @IsOptional()
  @IsPosition()
  before?: number;

  @IsOptional()
  @IsPosition()
  after?: number;

  @IsOptional()
  @IsCursor()
  cursor?: string;

  @IsOptional()
  @IsPageLimit()
  limit?: number;
}
