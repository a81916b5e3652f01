import type { Message } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import type { MessageRow } from '../conversations/message.view.js';
import { toMessage } from '../conversations/message.view.js';
import { Database } from '../infra/database/database.js';

/** A conversation of a person that moved: theirs now, or no longer. */
export interface MovedConversation {
  readonly id: string;
  readonly isMember: boolean;
}

export interface MovedPage {
  readonly moved: MovedConversation[];
  /** Every transaction below this one had ended when the page was read. */
  readonly horizon: string;
}

/** Further back than this the comparison of transaction ids would wrap; half of what PostgreSQL itself allows. */
const TRANSACTIONS_BEHIND_MAX = 1_000_000_000;

@Injectable()
export class SyncStore {
  constructor(private readonly database: Database) {}

  /**
   * The person's conversations, in order of their ids, whose row or membership was written by a transaction that
   * had not ended at `since` (`null`: all memberships that last; further back than can be compared: all, also ended).
   *
   * `xmin` is the transaction that wrote the present version of a row. Unlike a time or a sequence it can not be
   * taken early and seen late: a row that becomes visible after a snapshot was written by a transaction at or
   * above that snapshot's horizon. So "written at or above the last horizon" repeats at times, and omits nothing.
   */
  async moved(
    userId: string,
    since: string | null,
    afterId: string | null,
    limit: number,
  ): Promise<MovedPage> {
    const rows = await this.database.query<{ horizon: string; id: string | null; isMember: boolean }>(
      `WITH position AS (
         SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon,
                CASE WHEN $2::text IS NULL
                       OR pg_snapshot_xmax(pg_current_snapshot())::text::bigint - $2::bigint > ${String(TRANSACTIONS_BEHIND_MAX)}
                     THEN NULL ELSE age(($2::text::xid8)::xid) END AS since_age)
       SELECT position.horizon, found.id, found."isMember"
         FROM position LEFT JOIN LATERAL (
           SELECT c.id, m.left_at IS NULL AND c.deleted_at IS NULL AS "isMember"
             FROM members m JOIN conversations c ON c.id = m.conversation_id
            WHERE m.user_id = $1 AND ($3::uuid IS NULL OR m.conversation_id > $3)
              AND CASE WHEN $2::text IS NULL THEN m.left_at IS NULL AND c.deleted_at IS NULL
                       WHEN position.since_age IS NULL THEN true
                       ELSE age(m.xmin) <= position.since_age
                         -- What happens in a conversation after one has left is no business of theirs.
                         OR (m.left_at IS NULL AND age(c.xmin) <= position.since_age) END
            ORDER BY m.conversation_id LIMIT $4) found ON true
        ORDER BY found.id`,
      [userId, since, afterId, limit],
    );
    return {
      horizon: rows[0]?.horizon ?? '0',
      moved: rows.flatMap(({ id, isMember }) => (id === null ? [] : [{ id, isMember }])),
    };
  }

  /** Heads of those of the conversations that the person is a member of. */
  async heads(userId: string, conversationIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.database.query<{ id: string; rev: number }>(
      `SELECT c.id, c.last_rev AS rev FROM conversations c
         JOIN members m ON m.conversation_id = c.id AND m.user_id = $1 AND m.left_at IS NULL
        WHERE c.id = ANY($2::uuid[]) AND c.deleted_at IS NULL`,
      [userId, conversationIds],
    );
    return new Map(rows.map((row) => [row.id, row.rev]));
  }

  /**
   * The first messages touched after a rev, for several conversations at once, rev ascending in each. Whether the
   * person is a member is read in the same moment: a removal that comes in between takes with it what follows.
   */
  async changes(
    userId: string,
    positions: readonly { id: string; rev: number }[],
    limit: number,
  ): Promise<Map<string, Message[]>> {
    const rows = await this.database.query<MessageRow>(
      `SELECT r.* FROM unnest($2::uuid[], $3::int[]) AS position(id, rev)
         JOIN members m ON m.user_id = $1 AND m.conversation_id = position.id AND m.left_at IS NULL
         JOIN conversations c ON c.id = position.id AND c.deleted_at IS NULL
        CROSS JOIN LATERAL (
         SELECT * FROM message_rows x WHERE x.conversation_id = position.id AND x.rev > position.rev
          ORDER BY x.rev LIMIT $4) r
        ORDER BY r.conversation_id, r.rev`,
      [userId, positions.map(({ id }) => id), positions.map(({ rev }) => rev), limit],
    );
    const messages = new Map<string, Message[]>();
    for (const row of rows) {
      const held = messages.get(row.conversation_id);
      if (held) held.push(toMessage(row));
      else messages.set(row.conversation_id, [toMessage(row)]);
    }
    return messages;
  }
}
