import type { ChangeMembershipInput } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database/database.js';
import type { MembersReading, Room } from '../realtime/connection-sources.js';

/** A membership that began or ended. */
export interface MovedMembership {
  readonly userId: string;
  readonly conversationId: string;
  readonly joinedRev: number;
  /** The rev at which it ended; `null` while it lasts. */
  readonly leftRev: number | null;
}

@Injectable()
export class MembershipStore {
  constructor(private readonly database: Database) {}

  async isMember(userId: string, conversationId: string): Promise<boolean> {
    const rows = await this.database.query(
      'SELECT 1 FROM members WHERE user_id = $1 AND conversation_id = $2 AND left_at IS NULL',
      [userId, conversationId],
    );
    return rows.length > 0;
  }

  async count(conversationId: string): Promise<number> {
    const rows = await this.database.query<{ count: number }>(
      'SELECT member_count AS count FROM conversations WHERE id = $1',
      [conversationId],
    );
    return rows[0]?.count ?? 0;
  }

  /** The person's conversations with the rev of the last removal in each, both as of one moment. */
  async ofUser(userId: string): Promise<Map<string, Room>> {
    const rows = await this.database.query<Room & { id: string }>(
      `SELECT c.id, c.members_rev AS "membersRev", c.last_rev AS "lastRev" FROM members m JOIN conversations c ON c.id = m.conversation_id
        WHERE m.user_id = $1 AND m.left_at IS NULL`,
      [userId],
    );
    return new Map(rows.map(({ id, membersRev, lastRev }) => [id, { membersRev, lastRev }]));
  }

  async conversationIdsOf(userId: string): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      'SELECT conversation_id AS id FROM members WHERE user_id = $1 AND left_at IS NULL',
      [userId],
    );
    return rows.map((row) => row.id);
  }

  /** False for those who are not members. Fields that are absent or null stay. */
  async change(userId: string, conversationId: string, input: ChangeMembershipInput): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE members
          SET muted = coalesce($3, muted), pinned = coalesce($4, pinned), archived = coalesce($5, archived),
              notify = coalesce($6, notify), marked_unread = coalesce($7, marked_unread),
              updated_at = clock_now(), settings_at = clock_now()
        WHERE user_id = $1 AND conversation_id = $2 AND left_at IS NULL
        RETURNING 1`,
      [
        userId,
        conversationId,
        input.muted ?? null,
        input.pinned ?? null,
        input.archived ?? null,
        input.notify ?? null,
        input.markedUnread ?? null,
      ],
    );
    return rows.length > 0;
  }

  /** Memberships that began or ended since then, in their present state. */
  movedSince(since: Date): Promise<MovedMembership[]> {
    return this.database.query<MovedMembership>(
      `SELECT user_id AS "userId", conversation_id AS "conversationId", joined_rev AS "joinedRev", left_rev AS "leftRev"
         FROM members WHERE joined_at > $1 OR left_at > $1`,
      [since],
    );
  }

  /** Who of the people is a member, and the rev of the last removal, as of one moment. */
  async among(userIds: readonly string[], conversationId: string): Promise<MembersReading> {
    const rows = await this.database.query<{
      membersRev: number;
      userId: string | null;
      leftRev: number | null;
    }>(
      `SELECT c.members_rev AS "membersRev", m.user_id AS "userId", m.left_rev AS "leftRev"
         FROM conversations c LEFT JOIN members m ON m.conversation_id = c.id AND m.user_id = ANY($2::uuid[])
        WHERE c.id = $1`,
      [conversationId, userIds],
    );
    const memberIds = new Set<string>();
    const leftRevs = new Map<string, number>();
    for (const { userId, leftRev } of rows) {
      if (userId === null) continue;
      if (leftRev === null) memberIds.add(userId);
      else leftRevs.set(userId, leftRev);
    }
    return { membersRev: rows[0]?.membersRev ?? 0, memberIds, leftRevs };
  }

  /** Those of the people, with the conversation, for whom it holds now. */
  async areMembers(userIds: readonly string[], conversationId: string): Promise<Set<string>> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT user_id AS id FROM members
        WHERE conversation_id = $1 AND user_id = ANY($2::uuid[]) AND left_at IS NULL`,
      [conversationId, userIds],
    );
    return new Set(rows.map((row) => row.id));
  }
}
