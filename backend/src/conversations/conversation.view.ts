import type {
  Channel,
  Conversation,
  ConversationKind,
  Member,
  MemberRole,
  Message,
  NotifyLevel,
  Visibility,
} from '@parley/protocol';
import type { UserRow } from '../users/user.view.js';
import { toUser } from '../users/user.view.js';

/** People inside a conversation's row come as JSON, which has no time. */
export interface ParticipantRow extends Omit<UserRow, 'createdAt'> {
  readonly createdAtMs: number;
}

/** A conversation as one member sees it. */
export interface ConversationRow {
  readonly readerId: string;
  readonly id: string;
  readonly kind: ConversationKind;
  readonly visibility: Visibility;
  readonly title: string | null;
  readonly topic: string | null;
  readonly memberCount: number;
  readonly participants: readonly ParticipantRow[] | null;
  readonly lastSeq: number;
  readonly lastRev: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly role: MemberRole;
  readonly joinedRev: number;
  readonly readSeq: number;
  readonly deliveredSeq: number;
  readonly unread: number;
  readonly mentionCount: number;
  readonly markedUnread: boolean;
  readonly muted: boolean;
  readonly pinned: boolean;
  readonly archived: boolean;
  readonly notify: NotifyLevel;
}

export interface MemberRow extends UserRow {
  readonly role: MemberRole;
  readonly readSeq: number;
  readonly deliveredSeq: number;
  readonly joinedAt: Date;
}

export function toConversation(row: ConversationRow, lastMessage: Message | null): Conversation {
  return {
    id: row.id,
    kind: row.kind,
    visibility: row.visibility,
    title: row.title,
    topic: row.topic,
    memberCount: row.memberCount,
    participants: (row.participants ?? []).map(({ createdAtMs, ...user }) =>
      toUser({ ...user, createdAt: new Date(createdAtMs) }),
    ),
    lastSeq: row.lastSeq,
    lastRev: row.lastRev,
    lastMessage,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    me: {
      role: row.role,
      joinedRev: row.joinedRev,
      readSeq: row.readSeq,
      deliveredSeq: row.deliveredSeq,
      unread: row.unread,
      mentions: row.mentionCount,
      markedUnread: row.markedUnread,
      muted: row.muted,
      pinned: row.pinned,
      archived: row.archived,
      notify: row.notify,
    },
  };
}

export function toMember(row: MemberRow): Member {
  return {
    user: toUser(row),
    role: row.role,
    readSeq: row.readSeq,
    deliveredSeq: row.deliveredSeq,
    joinedAt: row.joinedAt.toISOString(),
  };
}

export interface ChannelRow {
  readonly id: string;
  readonly title: string | null;
  readonly topic: string | null;
  readonly memberCount: number;
  readonly createdAt: Date;
  readonly sortTitle: string;
  readonly joined: boolean;
}

export function toChannel(row: ChannelRow): Channel {
  return {
    id: row.id,
    title: row.title,
    topic: row.topic,
    memberCount: row.memberCount,
    joined: row.joined,
    createdAt: row.createdAt.toISOString(),
  };
}
