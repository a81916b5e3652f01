/**
 * The REST surface: every route with its inputs, its answer and the errors beyond those that any route may give.
 * Servers bind to it, clients call through it, the OpenAPI document is written from it.
 */
import type { ErrorCode } from './errors.js';
import { ChangePasswordInput, LoginInput, RegisterInput } from './inputs/auth.js';
import {
  AddMembersInput,
  ChangeConversationInput,
  ChangeMemberInput,
  ChangeMembershipInput,
  CreateConversationInput,
  FindChannelsQuery,
  PageQuery,
} from './inputs/conversations.js';
import { AttachmentUrlQuery, CreateUploadInput, SearchQuery } from './inputs/files.js';
import {
  ChangeMessageInput,
  ChangesQuery,
  HistoryQuery,
  PinsQuery,
  PostMessageInput,
  ReactionUsersQuery,
  ReadInput,
  SyncInput,
  ThreadQuery,
} from './inputs/messaging.js';
import { IdParams, MemberParams, ReactionParams } from './inputs/params.js';
import { ChangeMeInput, FindUsersQuery, PresenceQuery } from './inputs/users.js';
import type {
  AccessToken,
  Attachment,
  AttachmentUrl,
  ChangePage,
  ChannelPage,
  Conversation,
  ConversationPage,
  Liveness,
  Me,
  Member,
  MemberList,
  MemberPage,
  Message,
  MessageEditPage,
  MessagePage,
  Nothing,
  PresenceList,
  ReadState,
  Readiness,
  SearchPage,
  SessionList,
  SignedIn,
  Stats,
  SyncAnswer,
  UploadTicket,
  User,
  UserList,
  UserPage,
} from './shapes.js';

export type InputClass<T extends object = object> = new () => T;

/** Names a shape of shapes.ts at run time and carries it as a type. */
export interface AnswerShape<T> {
  readonly shape: string;
  /** Never present; holds the type. */
  readonly type?: T;
}

function answer<T>(shape: string): AnswerShape<T> {
  return { shape };
}

export interface Route {
  readonly summary: string;
  /** `open`: no token. `session`: any signed-in person. `admin`: the account role. */
  readonly access: 'open' | 'session' | 'admin';
  readonly params?: InputClass;
  readonly query?: InputClass;
  readonly body?: InputClass;
  readonly answer: AnswerShape<unknown>;
  /** The first is the usual one; a second is for a repeat that made nothing new. */
  readonly status: readonly [number, ...number[]];
  /** Beyond VALIDATION_FAILED, the authentication codes, RATE_LIMITED, INTERNAL and UNAVAILABLE. */
  readonly errors: readonly ErrorCode[];
  /** `root`: outside the API prefix. */
  readonly at?: 'root';
  /** Named in the contract, not served yet: answers NOT_FOUND and stands in no generated document. */
  readonly planned?: true;
}

function route<const R extends Route>(definition: R): R {
  return definition;
}

const OF_A_CONVERSATION = ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT'] as const;
const OF_A_MESSAGE = ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT'] as const;

export const routes = {
  // ---- auth
  'POST /auth/register': route({
    summary: 'Register; the first person becomes the admin',
    access: 'open',
    body: RegisterInput,
    answer: answer<SignedIn>('SignedIn'),
    status: [201],
    errors: ['CONFLICT', 'FORBIDDEN'],
  }),
  'POST /auth/login': route({
    summary: 'Sign in',
    access: 'open',
    body: LoginInput,
    answer: answer<SignedIn>('SignedIn'),
    status: [200],
    errors: ['FORBIDDEN'],
  }),
  'POST /auth/refresh': route({
    summary: 'A new access token for the refresh cookie, which is rotated',
    access: 'open',
    answer: answer<AccessToken>('AccessToken'),
    status: [200],
    errors: ['FORBIDDEN'],
  }),
  'POST /auth/logout': route({
    summary: 'End this session and its sockets',
    access: 'session',
    answer: answer<Nothing>('Nothing'),
    status: [204],
    errors: [],
  }),
  'GET /auth/sessions': route({
    summary: 'The sessions of the caller',
    access: 'session',
    answer: answer<SessionList>('SessionList'),
    status: [200],
    errors: [],
  }),
  'DELETE /auth/sessions/:id': route({
    summary: 'End one session',
    access: 'session',
    params: IdParams,
    answer: answer<Nothing>('Nothing'),
    status: [204],
    errors: ['NOT_FOUND'],
  }),
  'DELETE /auth/sessions': route({
    summary: 'End all other sessions',
    access: 'session',
    answer: answer<Nothing>('Nothing'),
    status: [204],
    errors: [],
  }),

  // ---- users
  'GET /users/me': route({
    summary: 'The caller',
    access: 'session',
    answer: answer<Me>('Me'),
    status: [200],
    errors: [],
  }),
  'PATCH /users/me': route({
    summary: 'Change name, avatar or e-mail',
    access: 'session',
    body: ChangeMeInput,
    answer: answer<Me>('Me'),
    status: [200],
    errors: ['NOT_FOUND', 'CONFLICT'],
  }),
  'POST /users/me/password': route({
    summary: 'Change the password; ends all other sessions',
    access: 'session',
    body: ChangePasswordInput,
    answer: answer<Nothing>('Nothing'),
    status: [204],
    errors: ['FORBIDDEN'],
  }),
  'GET /users': route({
    summary: 'Find people',
    access: 'session',
    query: FindUsersQuery,
    answer: answer<UserList>('UserList'),
    status: [200],
    errors: [],
  }),
  'GET /users/presence': route({
    summary: 'Presence of people who share a conversation with the caller',
    access: 'session',
    query: PresenceQuery,
    answer: answer<PresenceList>('PresenceList'),
    status: [200],
    errors: [],
  }),
  'GET /users/:id': route({
    summary: 'One person',
    access: 'session',
    params: IdParams,
    answer: answer<User>('User'),
    status: [200],
    errors: ['NOT_FOUND'],
  }),

  // ---- conversations
  'GET /conversations': route({
    summary: 'The conversations of the caller, latest activity first',
    access: 'session',
    query: PageQuery,
    answer: answer<ConversationPage>('ConversationPage'),
    status: [200],
    errors: [],
  }),
  'POST /conversations': route({
    summary: 'Start a conversation; 200 for a direct that exists and for a repeated id',
    access: 'session',
    body: CreateConversationInput,
    answer: answer<Conversation>('Conversation'),
    status: [201, 200],
    errors: ['NOT_FOUND', 'CONFLICT'],
  }),
  'GET /conversations/:id': route({
    summary: 'One conversation',
    access: 'session',
    params: IdParams,
    answer: answer<Conversation>('Conversation'),
    status: [200],
    errors: ['NOT_FOUND'],
  }),
  'PATCH /conversations/:id': route({
    summary: 'Change title, topic or visibility',
    access: 'session',
    params: IdParams,
    body: ChangeConversationInput,
    answer: answer<Conversation>('Conversation'),
    status: [200],
    errors: OF_A_CONVERSATION,
  }),
  'DELETE /conversations/:id': route({
    summary: 'Hide the conversation from all; its rows are kept',
    access: 'session',
    params: IdParams,
    answer: answer<Nothing>('Nothing'),
    status: [204],
    errors: OF_A_CONVERSATION,
  }),
  'GET /channels': route({
    summary: 'Public channels',
    access: 'session',
    query: FindChannelsQuery,
    answer: answer<ChannelPage>('ChannelPage'),
    status: [200],
    errors: [],
  }),
  'POST /conversations/:id/join': route({
    summary: 'Join a public channel',
    access: 'session',
    params: IdParams,
    answer: answer<Conversation>('Conversation'),
    status: [200],
    errors: OF_A_CONVERSATION,
  }),
  'POST /conversations/:id/leave': route({
    summary: 'Leave',
    access: 'session',
    params: IdParams,
    answer: answer<Nothing>('Nothing'),
    status: [204],
    errors: OF_A_CONVERSATION,
  }),
  'PATCH /conversations/:id/me': route({
    summary: "Change the caller's own side of the conversation",
    access: 'session',
    params: IdParams,
    body: ChangeMembershipInput,
    answer: answer<Conversation>('Conversation'),
    status: [200],
    errors: ['NOT_FOUND'],
  }),
  'GET /conversations/:id/members': route({
    summary: 'The members',
    access: 'session',
    params: IdParams,
    query: PageQuery,
    answer: answer<MemberPage>('MemberPage'),
    status: [200],
    errors: ['NOT_FOUND'],
  }),
  'POST /conversations/:id/members': route({
    summary: 'Add people',
    access: 'session',
    params: IdParams,
    body: AddMembersInput,
    answer: answer<MemberList>('MemberList'),
    status: [200],
    errors: OF_A_CONVERSATION,
  }),
  'PATCH /conversations/:id/members/:userId': route({
    summary: 'Change a role',
    access: 'session',
    params: MemberParams,
    body: ChangeMemberInput,
    answer: answer<Member>('Member'),
    status: [200],
    errors: OF_A_CONVERSATION,
  }),
  'DELETE /conversations/:id/members/:userId': route({
    summary: 'Remove a member',
    access: 'session',
    params: MemberParams,
    answer: answer<Nothing>('Nothing'),
    status: [204],
    errors: OF_A_CONVERSATION,
  }),

  // ---- messages
  'GET /conversations/:id/messages': route({
    summary: 'A page of the history; the newest where no position is given',
    access: 'session',
    params: IdParams,
    query: HistoryQuery,
    answer: answer<MessagePage>('MessagePage'),
    status: [200],
    errors: ['NOT_FOUND'],
  }),
  'GET /conversations/:id/changes': route({
    summary: 'What changed after a rev',
    access: 'session',
    params: IdParams,
    query: ChangesQuery,
    answer: answer<ChangePage>('ChangePage'),
    status: [200],
    errors: ['NOT_FOUND'],
  }),
  'POST /conversations/:id/messages': route({
    summary: 'Send; 200 with the same message in its present state for a repeated id',
    access: 'session',
    params: IdParams,
    body: PostMessageInput,
    answer: answer<Message>('Message'),
    status: [201, 200],
    errors: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT'],
  }),
  'PATCH /messages/:id': route({
    summary: 'Edit',
    access: 'session',
    params: IdParams,
    body: ChangeMessageInput,
    answer: answer<Message>('Message'),
    status: [200],
    errors: OF_A_MESSAGE,
  }),
  'GET /messages/:id/edits': route({
    summary: 'What the message said before, newest first; for admins of the conversation',
    access: 'session',
    params: IdParams,
    query: PageQuery,
    answer: answer<MessageEditPage>('MessageEditPage'),
    status: [200],
    errors: ['NOT_FOUND', 'FORBIDDEN'],
  }),
  'DELETE /messages/:id': route({
    summary: 'Delete: a tombstone keeps the place',
    access: 'session',
    params: IdParams,
    answer: answer<Message>('Message'),
    status: [200],
    errors: OF_A_MESSAGE,
  }),
  'PUT /messages/:id/reactions/:emoji': route({
    summary: 'React',
    access: 'session',
    params: ReactionParams,
    answer: answer<Message>('Message'),
    status: [200],
    errors: OF_A_MESSAGE,
  }),
  'DELETE /messages/:id/reactions/:emoji': route({
    summary: 'Take a reaction back',
    access: 'session',
    params: ReactionParams,
    answer: answer<Message>('Message'),
    status: [200],
    errors: OF_A_MESSAGE,
  }),
  'GET /messages/:id/reactions': route({
    summary: 'Who reacted with one emoji',
    access: 'session',
    params: IdParams,
    query: ReactionUsersQuery,
    answer: answer<UserPage>('UserPage'),
    status: [200],
    errors: ['NOT_FOUND'],
  }),
  'PUT /messages/:id/pin': route({
    summary: 'Pin',
    access: 'session',
    params: IdParams,
    answer: answer<Message>('Message'),
    status: [200],
    errors: OF_A_MESSAGE,
  }),
  'DELETE /messages/:id/pin': route({
    summary: 'Unpin',
    access: 'session',
    params: IdParams,
    answer: answer<Message>('Message'),
    status: [200],
    errors: OF_A_MESSAGE,
  }),
  'GET /messages/:id/thread': route({
    summary: 'The replies of a thread',
    access: 'session',
    params: IdParams,
    query: ThreadQuery,
    answer: answer<MessagePage>('MessagePage'),
    status: [200],
    errors: ['NOT_FOUND'],
  }),
  'GET /conversations/:id/pins': route({
    summary: 'The pinned messages',
    access: 'session',
    params: IdParams,
    query: PinsQuery,
    answer: answer<MessagePage>('MessagePage'),
    status: [200],
    errors: ['NOT_FOUND'],
  }),
  'PUT /conversations/:id/read': route({
    summary: "Move the caller's read pointer forward",
    access: 'session',
    params: IdParams,
    body: ReadInput,
    answer: answer<ReadState>('ReadState'),
    status: [200],
    errors: ['NOT_FOUND'],
  }),
  'POST /sync': route({
    summary: 'All that changed for the caller since a cursor, and the changes of the conversations held',
    access: 'session',
    body: SyncInput,
    answer: answer<SyncAnswer>('SyncAnswer'),
    status: [200],
    errors: [],
  }),

  // ---- files and search
  'GET /search': route({
    summary: 'Search messages',
    access: 'session',
    query: SearchQuery,
    answer: answer<SearchPage>('SearchPage'),
    status: [200],
    errors: ['NOT_FOUND'],
    planned: true,
  }),
  'POST /uploads': route({
    summary: 'A place to put a file',
    access: 'session',
    body: CreateUploadInput,
    answer: answer<UploadTicket>('UploadTicket'),
    status: [201],
    errors: ['NOT_FOUND', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_TYPE'],
    planned: true,
  }),
  'POST /uploads/:id/complete': route({
    summary: 'The file is there: check it',
    access: 'session',
    params: IdParams,
    answer: answer<Attachment>('Attachment'),
    status: [202],
    errors: ['NOT_FOUND', 'CONFLICT'],
    planned: true,
  }),
  'GET /attachments/:id': route({
    summary: 'One attachment',
    access: 'session',
    params: IdParams,
    answer: answer<Attachment>('Attachment'),
    status: [200],
    errors: ['NOT_FOUND'],
    planned: true,
  }),
  'GET /attachments/:id/url': route({
    summary: 'A short-lived address of the file',
    access: 'session',
    params: IdParams,
    query: AttachmentUrlQuery,
    answer: answer<AttachmentUrl>('AttachmentUrl'),
    status: [200],
    errors: ['NOT_FOUND', 'CONFLICT'],
    planned: true,
  }),

  // ---- operation
  'GET /stats': route({
    summary: 'Figures of the whole installation',
    access: 'admin',
    answer: answer<Stats>('Stats'),
    status: [200],
    errors: ['FORBIDDEN'],
  }),
  'GET /health': route({
    summary: 'Whether the process lives',
    access: 'open',
    answer: answer<Liveness>('Liveness'),
    status: [200],
    errors: [],
    at: 'root',
  }),
  'GET /health/ready': route({
    summary: 'Each dependency and its state; 503 while a required one is down',
    access: 'open',
    answer: answer<Readiness>('Readiness'),
    status: [200, 503],
    errors: [],
    at: 'root',
  }),
} as const;

export type Routes = typeof routes;
export type RouteName = keyof Routes;

type InstanceIn<N extends RouteName, K extends string> =
  Routes[N] extends Record<K, InputClass<infer T>> ? T : undefined;

export type RouteParams<N extends RouteName> = InstanceIn<N, 'params'>;
export type RouteQuery<N extends RouteName> = InstanceIn<N, 'query'>;
export type RouteBody<N extends RouteName> = InstanceIn<N, 'body'>;
export type RouteAnswer<N extends RouteName> = Routes[N]['answer'] extends AnswerShape<infer T> ? T : never;
