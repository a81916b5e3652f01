/**
 * What travels: every shape that the server sends, over REST and over the socket. This is the only definition;
 * the JSON Schemas of the OpenAPI and AsyncAPI documents are generated from these types.
 */

/**
 * UUIDv7 in lower case, made by the server.
 * @format uuid
 */
export type Id = string;
/**
 * ISO 8601, UTC, milliseconds. A label for people: nothing is ever ordered by it.
 * @format date-time
 */
export type Timestamp = string;
/**
 * Message number: dense from 1 in a conversation; 0 means none.
 * @asType integer
 * @minimum 0
 */
export type Seq = number;
/**
 * Change number: dense from 1 in a conversation; 0 means none.
 * @asType integer
 * @minimum 0
 */
export type Rev = number;

export type UserKind = 'person' | 'bot' | 'deleted';
export type AccountRole = 'member' | 'admin';
export type ConversationKind = 'direct' | 'group' | 'channel';
export type Visibility = 'private' | 'public';
export type MemberRole = 'owner' | 'admin' | 'member';
export type NotifyLevel = 'all' | 'mentions' | 'none';
export type MessageKind = 'text' | 'system';
export type AttachmentStatus = 'pending' | 'processing' | 'ready' | 'rejected';
export type PresenceStatus = 'online' | 'away' | 'offline';

export interface User {
  id: Id;
  username: string;
  displayName: string;
  avatarUrl: string | null;
  kind: UserKind;
  createdAt: Timestamp;
}

export interface Me extends User {
  email: string | null;
  /** The first person to register is the admin. */
  role: AccountRole;
}

export interface Session {
  id: Id;
  /** Whether this is the session that asked. */
  current: boolean;
  userAgent: string;
  ip: string;
  createdAt: Timestamp;
  lastUsedAt: Timestamp;
  expiresAt: Timestamp;
}

/** The reader's own side of a conversation. */
export interface Membership {
  role: MemberRole;
  /** The rev at which this membership began; a `conversation:removed` with a lower rev is stale. */
  joinedRev: Rev;
  readSeq: Seq;
  deliveredSeq: Seq;
  /** Messages of kind text by others above `readSeq`. */
  unread: number;
  mentions: number;
  markedUnread: boolean;
  muted: boolean;
  pinned: boolean;
  archived: boolean;
  notify: NotifyLevel;
}

export interface Conversation {
  id: Id;
  kind: ConversationKind;
  visibility: Visibility;
  title: string | null;
  topic: string | null;
  memberCount: number;
  /** Both people of a direct conversation, else up to 5 members. */
  participants: User[];
  lastSeq: Seq;
  lastRev: Rev;
  lastMessage: Message | null;
  createdAt: Timestamp;
  updatedAt: Timestamp;
  me: Membership;
}

export interface Member {
  user: User;
  role: MemberRole;
  readSeq: Seq;
  deliveredSeq: Seq;
  joinedAt: Timestamp;
}

export interface Attachment {
  id: Id;
  fileName: string;
  contentType: string;
  /** Bytes. */
  size: number;
  status: AttachmentStatus;
  /** Why it was rejected. */
  reason: string | null;
  width: number | null;
  height: number | null;
  durationMs: number | null;
  thumbnail: boolean;
  createdAt: Timestamp;
}

export interface Reaction {
  emoji: string;
  count: number;
  /** The first 100. */
  userIds: Id[];
  /** Only in answers made for one reader (REST, acks, sync), never in events. */
  mine?: true;
}

export interface ConversationCreated {
  type: 'created';
}
export interface MembershipChanged {
  type: 'members-added' | 'members-removed' | 'joined' | 'left';
  userIds: Id[];
}
export interface ConversationChanged {
  type: 'title' | 'topic' | 'visibility';
  from: string | null;
  to: string | null;
}
export interface RoleChanged {
  type: 'role';
  userId: Id;
  from: MemberRole;
  to: MemberRole;
}
/** What a message of kind `system` tells. */
export type System = ConversationCreated | MembershipChanged | ConversationChanged | RoleChanged;

export interface Message {
  id: Id;
  conversationId: Id;
  seq: Seq;
  rev: Rev;
  kind: MessageKind;
  senderId: Id;
  clientMessageId: string | null;
  text: string;
  replyToId: Id | null;
  threadRootId: Id | null;
  threadReplies: number;
  mentions: Id[];
  mentionsAll: boolean;
  attachments: Attachment[];
  reactions: Reaction[];
  system: System | null;
  pinnedAt: Timestamp | null;
  editedAt: Timestamp | null;
  deletedAt: Timestamp | null;
  createdAt: Timestamp;
}

export interface Presence {
  userId: Id;
  status: PresenceStatus;
  lastSeenAt: Timestamp | null;
}

// ---- Answers ------------------------------------------------------------------------------------------------------

/** Answer of register and login. The refresh token travels beside it, in the cookie. */
export interface SignedIn {
  user: Me;
  accessToken: string;
  /** Seconds until the access token expires. */
  expiresIn: number;
}

export interface AccessToken {
  accessToken: string;
  /** Seconds until the access token expires. */
  expiresIn: number;
}

export interface UserList {
  items: User[];
}
export interface UserPage {
  items: User[];
  nextCursor: string | null;
}
/** What a message said before. */
export interface MessageEdit {
  text: string;
  /** The rev that took its place. */
  replacedByRev: number;
  editedAt: string;
}
export interface MessageEditPage {
  items: MessageEdit[];
  nextCursor: string | null;
}
export interface SessionList {
  items: Session[];
}
export interface PresenceList {
  items: Presence[];
}
export interface MemberList {
  items: Member[];
}
export interface MemberPage {
  items: Member[];
  nextCursor: string | null;
}
export interface ConversationPage {
  items: Conversation[];
  nextCursor: string | null;
}

/** A public channel as seen by someone who may not be a member. */
export interface Channel {
  id: Id;
  title: string | null;
  topic: string | null;
  memberCount: number;
  /** Whether the reader is a member already. */
  joined: boolean;
  createdAt: Timestamp;
}
export interface ChannelPage {
  items: Channel[];
  nextCursor: string | null;
}

/** A page of messages, seq ascending, thread replies included. */
export interface MessagePage {
  items: Message[];
  hasBefore: boolean;
  hasAfter: boolean;
  /** The conversation's rev in the same snapshot. */
  lastRev: Rev;
}

/** Answer of GET …/changes: the messages touched after `since`, rev ascending. */
export interface ChangePage {
  epoch: string;
  items: Message[];
  /** The last item's rev while `hasMore`, else the conversation's in the same snapshot. */
  lastRev: Rev;
  hasMore: boolean;
  /** `since` is too far behind, or above the head: forget the window and load the newest page. */
  reset: boolean;
}

export interface ReadState {
  readSeq: Seq;
  unread: number;
}
export interface DeliveredState {
  deliveredSeq: Seq;
}

export interface SearchHit {
  message: Message;
  /** Pieces of the text around the words that matched. */
  highlights: string[];
}
export interface SearchPage {
  items: SearchHit[];
  nextCursor: string | null;
}

export interface SyncedChanges {
  messages: Message[];
  lastRev: Rev;
  hasMore: boolean;
  reset: boolean;
}
export interface SyncAnswer {
  epoch: string;
  cursor: string;
  hasMore: boolean;
  /** All that appeared or changed in head or `me` since the cursor sent; may repeat, never omits. */
  conversations: Conversation[];
  /** By conversation id, for the ids that were asked about. */
  changes: Record<Id, SyncedChanges>;
  /** Ids of conversations that went. */
  removed: Id[];
}

export interface UploadTicket {
  attachment: Attachment;
  upload: {
    method: 'PUT';
    url: string;
    headers: Record<string, string>;
    expiresAt: Timestamp;
  };
}
export interface AttachmentUrl {
  url: string;
  expiresAt: Timestamp;
}

export interface InstanceStats {
  id: string;
  version: string;
  connections: number;
  startedAt: Timestamp;
}
export interface Stats {
  onlineUsers: number;
  connections: number;
  messagesPerMinute: number;
  instances: InstanceStats[];
}

export interface Liveness {
  status: 'ok';
  instanceId: string;
  version: string;
  uptimeSeconds: number;
}
export interface DependencyHealth {
  state: 'up' | 'down';
  /** Whether the instance is not ready while this one is down. */
  required: boolean;
  latencyMs: number | null;
}
export interface Readiness {
  status: 'ready' | 'degraded' | 'draining' | 'unavailable';
  instanceId: string;
  dependencies: Record<string, DependencyHealth>;
}

/** An answer without content (204), and the `data` of commands that have nothing to tell. */
export type Nothing = Record<string, never>;
