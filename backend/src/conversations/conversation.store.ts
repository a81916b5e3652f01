import type { Conversation, Member } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database/database.js';
import { notFound } from '../infra/errors/parley-error.js';
import { escapeLike } from '../users/users.store.js';
import type { ChannelRow, ConversationRow, MemberRow } from './conversation.view.js';
import { toConversation, toMember } from './conversation.view.js';
import { MessageStore } from './message.store.js';

/** People shown with a conversation that has more: enough for a name and a picture made of faces. */
const PARTICIPANTS_SHOWN = 5;

const USER_JSON = `json_build_object('id', u.id, 'username', u.username, 'displayName', u.display_name,
  'kind', u.kind, 'createdAtMs', floor(extract(epoch FROM u.created_at) * 1000)::bigint)`;

/** From `conversations c` and the reader's own `members me`. */
const CONVERSATION_COLUMNS = `me.user_id AS "readerId", c.id, c.kind, c.visibility, c.title, c.topic, c.member_count AS "memberCount",
  c.last_seq AS "lastSeq", c.last_rev AS "lastRev", c.created_at AS "createdAt", c.updated_at AS "updatedAt",
  me.role, me.joined_rev AS "joinedRev", me.read_seq AS "readSeq", me.delivered_seq AS "deliveredSeq",
  greatest(0, c.text_count - me.read_text_count) AS unread,
  unread_mentions(me.user_id, c.id, me.read_seq) AS "mentionCount",
  me.marked_unread AS "markedUnread", me.muted, me.pinned, me.archived, me.notify,
  (SELECT json_agg(${USER_JSON} ORDER BY p.user_id)
     FROM (SELECT user_id FROM members WHERE conversation_id = c.id AND left_at IS NULL
            ORDER BY user_id LIMIT ${String(PARTICIPANTS_SHOWN)}) p
     JOIN users u ON u.id = p.user_id) AS participants`;

const MEMBER_COLUMNS = `u.id, u.username, u.display_name AS "displayName", u.kind, u.created_at AS "createdAt",
  me.role, me.read_seq AS "readSeq", me.delivered_seq AS "deliveredSeq", me.joined_at AS "joinedAt"`;

/** Views are read so often before a last message that is edited all the time is left out; its next change shows it. */
const VIEW_ATTEMPTS = 3;

/** Where a page of the list ended. */
export interface ActivityPosition {
  readonly updatedAt: string;
  readonly id: string;
}

export interface ChannelPosition {
  readonly title: string;
  readonly id: string;
}

export interface ReaderView {
  readonly readerId: string;
  readonly conversation: Conversation;
}

/** Reads conversations as their members see them. */
@Injectable()
export class ConversationStore {
  constructor(
    private readonly database: Database,
    private readonly messages: MessageStore,
  ) {}

  /** Those of the ids that the reader is a member of, in the order of the ids; made for this reader (`mine`). */
  async read(readerId: string, ids: readonly string[]): Promise<Conversation[]> {
    const conversations = await this.views(ids.map((id) => ({ readerId, id })));
    const messages = await this.messages.forReader(
      readerId,
      conversations.flatMap(({ conversation }) => conversation.lastMessage ?? []),
    );
    const byId = new Map(messages.map((message) => [message.id, message]));
    return conversations.map(({ conversation }) => ({
      ...conversation,
      lastMessage: conversation.lastMessage && (byId.get(conversation.lastMessage.id) ?? null),
    }));
  }

  /** Throws NOT_FOUND for those who are not members. */
  async readOne(readerId: string, id: string): Promise<Conversation> {
    const [conversation] = await this.read(readerId, [id]);
    if (!conversation) throw notFound();
    return conversation;
  }

  /** One conversation as each of the people sees it, for events. Who is not a member is left out. */
  async viewsOf(readerIds: readonly string[], id: string): Promise<ReaderView[]> {
    return this.views(readerIds.map((readerId) => ({ readerId, id })));
  }

  /** Ids of the reader's conversations after the position, latest activity first. */
  async idsByActivity(
    readerId: string,
    after: ActivityPosition | null,
    limit: number,
  ): Promise<ActivityPosition[]> {
    const rows = await this.database.query<{ id: string; updatedAt: Date }>(
      `SELECT c.id, c.updated_at AS "updatedAt"
         FROM members me JOIN conversations c ON c.id = me.conversation_id AND c.deleted_at IS NULL
        WHERE me.user_id = $1 AND me.left_at IS NULL
          AND ($2::timestamptz IS NULL OR (c.updated_at, c.id) < ($2::timestamptz, $3::uuid))
        ORDER BY c.updated_at DESC, c.id DESC LIMIT $4`,
      [readerId, after?.updatedAt ?? null, after?.id ?? null, limit],
    );
    return rows.map((row) => ({ id: row.id, updatedAt: row.updatedAt.toISOString() }));
  }

  /** Public channels by a part of their title, in alphabetical order. */
  channels(
    readerId: string,
    part: string,
    after: ChannelPosition | null,
    limit: number,
  ): Promise<ChannelRow[]> {
    return this.database.query<ChannelRow>(
      `SELECT c.id, c.title, c.topic, c.member_count AS "memberCount", c.created_at AS "createdAt",
              lower(coalesce(c.title, '')) AS "sortTitle",
              EXISTS (SELECT 1 FROM members me
                       WHERE me.user_id = $1 AND me.conversation_id = c.id AND me.left_at IS NULL) AS joined
         FROM conversations c
        WHERE c.kind = 'channel' AND c.visibility = 'public' AND c.deleted_at IS NULL
          AND lower(coalesce(c.title, '')) LIKE lower($2)
          AND ($3::text IS NULL OR (lower(coalesce(c.title, '')), c.id) > ($3::text, $4::uuid))
        ORDER BY lower(coalesce(c.title, '')), c.id LIMIT $5`,
      [readerId, `%${escapeLike(part)}%`, after?.title ?? null, after?.id ?? null, limit],
    );
  }

  /** Members in order of their ids: the order of registration, which never changes under a reader. */
  async members(conversationId: string, afterUserId: string | null, limit: number): Promise<Member[]> {
    const rows = await this.database.query<MemberRow>(
      `SELECT ${MEMBER_COLUMNS} FROM members me JOIN users u ON u.id = me.user_id
        WHERE me.conversation_id = $1 AND me.left_at IS NULL AND ($2::uuid IS NULL OR me.user_id > $2)
        ORDER BY me.user_id LIMIT $3`,
      [conversationId, afterUserId, limit],
    );
    return rows.map(toMember);
  }

  /** Those of the people who are members, in order of their ids. */
  async membersAmong(conversationId: string, userIds: readonly string[]): Promise<Member[]> {
    const rows = await this.database.query<MemberRow>(
      `SELECT ${MEMBER_COLUMNS} FROM members me JOIN users u ON u.id = me.user_id
        WHERE me.conversation_id = $1 AND me.left_at IS NULL AND me.user_id = ANY($2::uuid[])
        ORDER BY me.user_id`,
      [conversationId, userIds],
    );
    return rows.map(toMember);
  }

  /**
   * The last message is read after the memberships. Where it was touched in between, who was removed meanwhile must not
   * see it: all is read once more.
   */
  private async views(
    wanted: readonly { readerId: string; id: string }[],
    attempts = VIEW_ATTEMPTS,
  ): Promise<ReaderView[]> {
    if (wanted.length === 0) return [];
    const rows = await this.database.query<ConversationRow>(
      `SELECT ${CONVERSATION_COLUMNS}
         FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS wanted(reader_id, id, place)
         JOIN members me ON me.user_id = wanted.reader_id AND me.conversation_id = wanted.id AND me.left_at IS NULL
         JOIN conversations c ON c.id = wanted.id AND c.deleted_at IS NULL
        ORDER BY wanted.place`,
      [wanted.map(({ readerId }) => readerId), wanted.map(({ id }) => id)],
    );
    const places = new Map(rows.map((row) => [row.id, { conversationId: row.id, seq: row.lastSeq }]));
    const messages = await this.messages.readAt([...places.values()]);
    const isLater = (row: ConversationRow) => (messages.get(row.id)?.rev ?? 0) > row.lastRev;
    if (attempts > 1 && rows.some(isLater)) return this.views(wanted, attempts - 1);
    return rows.map((row) => ({
      readerId: row.readerId,
      conversation: toConversation(row, isLater(row) ? null : (messages.get(row.id) ?? null)),
    }));
  }
}
