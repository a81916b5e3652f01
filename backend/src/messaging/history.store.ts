import type { MemberRole, Message, MessageEdit, User } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import type { MessageRow } from '../conversations/message.view.js';
import { toMessage } from '../conversations/message.view.js';
import { Database } from '../infra/database/database.js';
import type { UserRow } from '../users/user.view.js';
import { toUser } from '../users/user.view.js';

/** Messages with the head of their conversation, all from one snapshot: one statement reads them. */
export interface MessagesWithHead {
  readonly messages: Message[];
  readonly lastSeq: number;
  readonly lastRev: number;
}

export interface SeqRange extends MessagesWithHead {
  /** The range that was asked for; it may reach beyond the log on either side. */
  readonly from: number;
  readonly to: number;
}

/** What a member's read of the newest page rests on. */
export interface ConversationHead {
  readonly epoch: string;
  readonly lastRev: number;
}

/** The newest page as every member sees it. */
export interface SharedPage extends MessagesWithHead {
  /** The rev of the last membership that had ended. */
  readonly membersRev: number;
}

/** Where a page of the history stands. At most one is given; none means the newest page. */
export interface HistoryPosition {
  readonly before: number | null;
  readonly after: number | null;
  readonly around: number | null;
}

export interface ReactionPosition {
  readonly createdAt: string;
  readonly userId: string;
}

interface HeadRow {
  readonly head_seq: number;
  readonly head_rev: number;
}
type PageRow = HeadRow & ({ readonly id: null } | MessageRow);

/** The conversation, for somebody who is a member of it now; no row for anybody else. */
const HEAD = `SELECT c.id, c.last_seq AS head_seq, c.last_rev AS head_rev
  FROM conversations c JOIN members me ON me.conversation_id = c.id AND me.user_id = $1 AND me.left_at IS NULL
 WHERE c.deleted_at IS NULL`;

/**
 * Reads the log. Every statement checks membership itself, but for `newest`; `null` is the answer to those who are not
 * members.
 */
@Injectable()
export class HistoryStore {
  constructor(private readonly database: Database) {}

  /** Since seq is dense, every page is a range of it. */
  async range(
    readerId: string,
    conversationId: string,
    { before, after, around }: HistoryPosition,
    limit: number,
  ): Promise<SeqRange | null> {
    const rows = await this.database.query<PageRow & { low: string; high: string }>(
      `WITH head AS (${HEAD} AND c.id = $2),
            low AS (SELECT *, CASE
              WHEN $3::bigint IS NOT NULL THEN least($3, head_seq + 1) - $6
              WHEN $4::bigint IS NOT NULL THEN $4 + 1
              WHEN $5::bigint IS NOT NULL
                THEN greatest(1, least(greatest(1, least($5, head_seq)) - $6 / 2, head_seq - $6 + 1))
              ELSE head_seq - $6 + 1 END AS low FROM head)
       SELECT low.head_seq, low.head_rev, low.low, low.low + $6 - 1 AS high, r.*
         FROM low LEFT JOIN message_rows r
           ON r.conversation_id = low.id AND r.seq >= low.low AND r.seq < low.low + $6
        ORDER BY r.seq`,
      [readerId, conversationId, before, after, around, limit],
    );
    const [first] = rows;
    return first ? { ...withHead(rows, first), from: Number(first.low), to: Number(first.high) } : null;
  }

  /** The head and the epoch, from one snapshot. */
  async head(readerId: string, conversationId: string): Promise<ConversationHead | null> {
    const [head] = await this.database.query<HeadRow & { epoch: string }>(
      `WITH head AS (${HEAD} AND c.id = $2) SELECT head.head_rev, epoch.value AS epoch FROM head CROSS JOIN epoch`,
      [readerId, conversationId],
    );
    return head ? { epoch: head.epoch, lastRev: head.head_rev } : null;
  }

  /** The newest page, for readers whose membership was proven by `head`. */
  async newest(conversationId: string, limit: number): Promise<SharedPage | null> {
    const rows = await this.database.query<PageRow & { members_rev: number }>(
      `SELECT c.last_seq AS head_seq, c.last_rev AS head_rev, c.members_rev, r.*
         FROM conversations c LEFT JOIN message_rows r ON r.conversation_id = c.id AND r.seq > c.last_seq - $2::int
        WHERE c.id = $1 AND c.deleted_at IS NULL
        ORDER BY r.seq`,
      [conversationId, limit],
    );
    const [first] = rows;
    return first ? { ...withHead(rows, first), membersRev: first.members_rev } : null;
  }

  /** Messages touched after a rev, rev ascending. */
  async changedSince(
    readerId: string,
    conversationId: string,
    since: number,
    limit: number,
  ): Promise<MessagesWithHead | null> {
    return this.page(
      `WITH head AS (${HEAD} AND c.id = $2)
       SELECT head.head_seq, head.head_rev, r.* FROM head LEFT JOIN LATERAL (
         SELECT * FROM message_rows x WHERE x.conversation_id = head.id AND x.rev > $3::bigint
          ORDER BY x.rev LIMIT $4) r ON true
        ORDER BY r.rev`,
      [readerId, conversationId, since, limit],
    );
  }

  /** Replies of a thread after a seq, seq ascending. */
  async replies(
    readerId: string,
    rootId: string,
    after: number,
    limit: number,
  ): Promise<MessagesWithHead | null> {
    return this.page(
      `WITH head AS (${HEAD} AND c.id = (SELECT conversation_id FROM messages WHERE id = $2))
       SELECT head.head_seq, head.head_rev, r.* FROM head LEFT JOIN LATERAL (
         SELECT * FROM message_rows x WHERE x.thread_root_id = $2 AND x.seq > $3::bigint
          ORDER BY x.seq LIMIT $4) r ON true
        ORDER BY r.seq`,
      [readerId, rootId, after, limit],
    );
  }

  /** Pinned messages before a seq (`null`: the newest), seq ascending. */
  async pins(
    readerId: string,
    conversationId: string,
    before: number | null,
    limit: number,
  ): Promise<MessagesWithHead | null> {
    return this.page(
      `WITH head AS (${HEAD} AND c.id = $2)
       SELECT head.head_seq, head.head_rev, r.* FROM head LEFT JOIN LATERAL (
         SELECT * FROM message_rows x WHERE x.conversation_id = head.id AND x.pinned_at IS NOT NULL
            AND ($3::bigint IS NULL OR x.seq < $3)
          ORDER BY x.seq DESC LIMIT $4) r ON true
        ORDER BY r.seq`,
      [readerId, conversationId, before, limit],
    );
  }

  /** Who reacted with one emoji, first ones first. */
  async reactors(
    readerId: string,
    messageId: string,
    emoji: string,
    after: ReactionPosition | null,
    limit: number,
  ): Promise<{ user: User; position: ReactionPosition }[] | null> {
    const rows = await this.database.query<UserRow & { reactedAt: Date | null }>(
      `WITH head AS (${HEAD} AND c.id = (SELECT conversation_id FROM messages WHERE id = $2))
       SELECT u.id, u.username, u.display_name AS "displayName", u.kind, u.created_at AS "createdAt",
              x.created_at AS "reactedAt"
         FROM head LEFT JOIN reactions x ON x.message_id = $2 AND x.emoji = $3
          AND ($4::timestamptz IS NULL OR (x.created_at, x.user_id) > ($4::timestamptz, $5::uuid))
         LEFT JOIN users u ON u.id = x.user_id
        ORDER BY x.created_at, x.user_id LIMIT $6`,
      [readerId, messageId, emoji, after?.createdAt ?? null, after?.userId ?? null, limit],
    );
    if (rows.length === 0) return null;
    return rows.flatMap(({ reactedAt, ...user }) =>
      reactedAt
        ? [{ user: toUser(user), position: { createdAt: reactedAt.toISOString(), userId: user.id } }]
        : [],
    );
  }

  /** Earlier texts of a message, newest first, and the reader's role; `null` for those who are not members. */
  async edits(
    readerId: string,
    messageId: string,
    beforeRev: string | null,
    limit: number,
  ): Promise<{ role: MemberRole; edits: MessageEdit[] } | null> {
    const rows = await this.database.query<{
      role: MemberRole;
      rev: number | null;
      text: string;
      editedAt: Date;
    }>(
      `SELECT m.role, e.rev, e.text, e.edited_at AS "editedAt"
         FROM messages x
         JOIN conversations c ON c.id = x.conversation_id AND c.deleted_at IS NULL
         JOIN members m ON m.conversation_id = c.id AND m.user_id = $1 AND m.left_at IS NULL
         LEFT JOIN LATERAL (
           SELECT * FROM message_edits e
            WHERE e.message_id = x.id AND m.role <> 'member' AND ($3::bigint IS NULL OR e.rev < $3)
            ORDER BY e.rev DESC LIMIT $4) e ON true
        WHERE x.id = $2 ORDER BY e.rev DESC`,
      [readerId, messageId, beforeRev, limit],
    );
    const [first] = rows;
    if (!first) return null;
    const edits = rows.flatMap(({ rev, text, editedAt }) =>
      rev === null ? [] : [{ text, replacedByRev: rev, editedAt: editedAt.toISOString() }],
    );
    return { role: first.role, edits };
  }

  private async page(text: string, values: readonly unknown[]): Promise<MessagesWithHead | null> {
    const rows = await this.database.query<PageRow>(text, values);
    const [first] = rows;
    return first ? withHead(rows, first) : null;
  }
}

/** A head without a message is a row whose message is null. */
function withHead(rows: readonly PageRow[], head: HeadRow): MessagesWithHead {
  return {
    messages: rows.flatMap((row) => (row.id === null ? [] : [toMessage(row)])),
    lastSeq: head.head_seq,
    lastRev: head.head_rev,
  };
}
