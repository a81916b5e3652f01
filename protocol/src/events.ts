/** Socket events, server to client. */
import type { Conversation, Id, Message, Presence, Rev, Seq, Timestamp, User } from './shapes.js';

export interface SocketLimits {
  textLength: number;
  attachmentsPerMessage: number;
  messagesPerMinute: number;
  typingIntervalMs: number;
  headsIntervalMs: number;
  repairSpreadMs: number;
  receiptsMaxMembers: number;
}

/** The socket has joined its rooms. */
export interface ReadyEvent {
  userId: Id;
  sessionId: Id;
  instanceId: string;
  epoch: string;
  serverTime: Timestamp;
  protocol: number;
  features: string[];
  limits: SocketLimits;
}

export interface Reacted {
  messageId: Id;
  userId: Id;
  emoji: string;
  on: boolean;
}

/** The revs in (fromRev, toRev]: the present state of each message they touched. The same frame for everyone. */
export interface ChangesEvent {
  conversationId: Id;
  fromRev: Rev;
  toRev: Rev;
  messages: Message[];
  reacted?: Reacted[];
}

/** The newest rev of conversations in which this client may be behind. */
export interface HeadsEvent {
  heads: Record<Id, Rev>;
  /** The user's own state moved: `sync`. */
  cursor?: string;
}

/** A conversation appeared, or the reader's `me` changed. */
export interface ConversationEvent {
  conversation: Conversation;
}

/** Ignored when the `me.joinedRev` held is higher. */
export interface ConversationRemovedEvent {
  conversationId: Id;
  rev: Rev;
}

export interface Receipt {
  userId: Id;
  readSeq: Seq;
  deliveredSeq: Seq;
}

/** Merge by maximum. */
export interface ReceiptsEvent {
  conversationId: Id;
  receipts: Receipt[];
}

/** Everybody who is typing: replaces the list held. */
export interface TypingEvent {
  conversationId: Id;
  userIds: Id[];
}

export interface PresenceEvent {
  items: Presence[];
}

export interface UserEvent {
  user: User;
}

/** Send `sync` after a random part of the time. */
export interface ResyncEvent {
  spreadMs: number;
}

/** This instance is leaving: reconnect after a random part of the time. */
export interface DrainingEvent {
  reconnectAfterMs: number;
}

export interface SessionEndedEvent {
  reason: 'expired' | 'revoked' | 'logout';
}

export interface ServerEvents {
  ready: ReadyEvent;
  changes: ChangesEvent;
  heads: HeadsEvent;
  conversation: ConversationEvent;
  'conversation:removed': ConversationRemovedEvent;
  receipts: ReceiptsEvent;
  typing: TypingEvent;
  presence: PresenceEvent;
  user: UserEvent;
  resync: ResyncEvent;
  draining: DrainingEvent;
  'session:ended': SessionEndedEvent;
}

export type EventName = keyof ServerEvents;

/** Every event with the shape of its payload and what it tells, for the documents. */
export const events = {
  ready: { payload: 'ReadyEvent', summary: 'The socket has joined its rooms' },
  changes: { payload: 'ChangesEvent', summary: 'Revs of a conversation, with the messages they touched' },
  heads: { payload: 'HeadsEvent', summary: 'The newest revs where this client may be behind' },
  conversation: { payload: 'ConversationEvent', summary: 'A conversation appeared, or its `me` changed' },
  'conversation:removed': { payload: 'ConversationRemovedEvent', summary: 'A conversation went' },
  receipts: { payload: 'ReceiptsEvent', summary: 'Read and delivered pointers, to be merged by maximum' },
  typing: { payload: 'TypingEvent', summary: 'Who is typing' },
  presence: { payload: 'PresenceEvent', summary: 'Presence of watched people' },
  user: { payload: 'UserEvent', summary: 'A name or avatar changed' },
  resync: { payload: 'ResyncEvent', summary: 'Send `sync` after a random part of the time' },
  draining: { payload: 'DrainingEvent', summary: 'This instance is leaving' },
  'session:ended': { payload: 'SessionEndedEvent', summary: 'The session is over; the socket closes' },
} as const satisfies Record<EventName, { payload: string; summary: string }>;
