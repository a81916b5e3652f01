/** Socket commands, client to server: every one is acknowledged exactly once. */
import { RefreshSocketInput } from './inputs/auth.js';
import { TypingInput } from './inputs/conversations.js';
import {
  DeleteMessageInput,
  EditMessageInput,
  MovePointerInput,
  ReactionInput,
  SendMessageInput,
  SyncInput,
} from './inputs/messaging.js';
import { SetPresenceInput, WatchPresenceInput } from './inputs/users.js';
import type { ErrorCode, ErrorObject } from './errors.js';
import type { InputClass } from './routes.js';
import type {
  DeliveredState,
  Message,
  Nothing,
  PresenceList,
  ReadState,
  SyncAnswer,
  Timestamp,
} from './shapes.js';

export interface SentMessage {
  message: Message;
  /** The id was known: this is the message it made first, in its present state. */
  duplicate?: true;
}
export interface TouchedMessage {
  message: Message;
}
export interface SocketLease {
  /** When the socket ends unless it is refreshed again. */
  expiresAt: Timestamp;
}

/** What every command can answer with, in one map: input, `data` of the ack. */
export interface CommandResults {
  'message:send': SentMessage;
  'message:edit': TouchedMessage;
  'message:delete': TouchedMessage;
  'reaction:add': TouchedMessage;
  'reaction:remove': TouchedMessage;
  'conversation:read': ReadState;
  'conversation:delivered': DeliveredState;
  'typing:start': Nothing;
  'typing:stop': Nothing;
  'presence:watch': PresenceList;
  'presence:set': Nothing;
  sync: SyncAnswer;
  'auth:refresh': SocketLease;
}

export interface Command {
  readonly summary: string;
  readonly input: InputClass;
  /** The shape of `data`, by its name. */
  readonly result: string;
  /** Beyond VALIDATION_FAILED, RATE_LIMITED, INTERNAL and UNAVAILABLE. */
  readonly errors: readonly ErrorCode[];
}

export const commands = {
  'message:send': {
    summary: 'Send a message; a repeated id answers the message it made first',
    input: SendMessageInput,
    result: 'SentMessage',
    errors: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT'],
  },
  'message:edit': {
    summary: 'Edit an own message',
    input: EditMessageInput,
    result: 'TouchedMessage',
    errors: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT'],
  },
  'message:delete': {
    summary: 'Delete a message: a tombstone keeps the place',
    input: DeleteMessageInput,
    result: 'TouchedMessage',
    errors: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT'],
  },
  'reaction:add': {
    summary: 'React',
    input: ReactionInput,
    result: 'TouchedMessage',
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
  'reaction:remove': {
    summary: 'Take a reaction back',
    input: ReactionInput,
    result: 'TouchedMessage',
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
  'conversation:read': {
    summary: 'Move the read pointer forward',
    input: MovePointerInput,
    result: 'ReadState',
    errors: ['NOT_FOUND'],
  },
  'conversation:delivered': {
    summary: 'Move the delivered pointer forward',
    input: MovePointerInput,
    result: 'DeliveredState',
    errors: ['NOT_FOUND'],
  },
  'typing:start': { summary: 'Typing', input: TypingInput, result: 'Nothing', errors: ['NOT_FOUND'] },
  'typing:stop': {
    summary: 'No longer typing',
    input: TypingInput,
    result: 'Nothing',
    errors: ['NOT_FOUND'],
  },
  'presence:watch': {
    summary: 'Replace the list of people whose presence this socket is told',
    input: WatchPresenceInput,
    result: 'PresenceList',
    errors: [],
  },
  'presence:set': {
    summary: 'Online or away',
    input: SetPresenceInput,
    result: 'Nothing',
    errors: [],
  },
  sync: {
    summary: 'As POST /sync; it also joins the socket to each conversation before it reads its head',
    input: SyncInput,
    result: 'SyncAnswer',
    errors: [],
  },
  'auth:refresh': {
    summary: 'Extend the socket with a newer access token of the same session',
    input: RefreshSocketInput,
    result: 'SocketLease',
    errors: ['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'SESSION_REVOKED'],
  },
} as const satisfies Record<keyof CommandResults, Command>;

export type CommandName = keyof typeof commands;
export type CommandInput<K extends CommandName> = InstanceType<(typeof commands)[K]['input']>;
export type CommandResult<K extends CommandName> = CommandResults[K];

/** What is left of the message budget; stands on every `message:send` ack. */
export interface RateBudget {
  limit: number;
  remaining: number;
  resetMs: number;
}

export interface AckOk<T> {
  ok: true;
  data: T;
  rate?: RateBudget;
}
export interface AckError {
  ok: false;
  error: ErrorObject;
  rate?: RateBudget;
}
/** The one answer of every command. */
export type Ack<T> = AckOk<T> | AckError;
