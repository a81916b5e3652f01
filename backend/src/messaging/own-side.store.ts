import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database/database.js';

/** What is a person's own in a conversation, as it is stored. */
export interface OwnSide {
  readonly userId: string;
  readonly conversationId: string;
  readonly readSeq: number;
  readonly deliveredSeq: number;
  /** Another one whenever anything of it was written. */
  readonly version: string;
  /** Whether a setting changed within the time asked for, and not only pointers. */
  readonly hasNewSettings: boolean;
}

@Injectable()
export class OwnSideStore {
  constructor(private readonly database: Database) {}

  /**
   * What changed for these people in the last so many milliseconds, by the clock of PostgreSQL. Reads all of their
   * memberships by the primary key: an index on `updated_at` would cost every move of a pointer.
   */
  movedWithin(milliseconds: number, userIds: readonly string[]): Promise<OwnSide[]> {
    return this.database.query<OwnSide>(
      `SELECT m.user_id AS "userId", m.conversation_id AS "conversationId", m.read_seq AS "readSeq",
              m.delivered_seq AS "deliveredSeq", m.xmin::text AS version,
              coalesce(m.settings_at > since.at, false) AS "hasNewSettings"
         FROM (SELECT statement_timestamp() - $1 * interval '1 millisecond' AS at) since, members m
        WHERE m.user_id = ANY($2::uuid[]) AND m.updated_at > since.at AND m.left_at IS NULL`,
      [milliseconds, userIds],
    );
  }
}
