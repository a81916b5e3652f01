import type { CommandName, ErrorCode, RouteName } from '@parley/protocol';
import type { RequestOptions } from '../_support/api.js';

/** Who asks, seen from the conversation it is about. */
export const ROLES = ['owner', 'admin', 'member', 'former member', 'stranger'] as const;
export type Role = (typeof ROLES)[number];
export const KINDS = ['group', 'private channel', 'public channel', 'direct'] as const;
export type Kind = (typeof KINDS)[number];
/** `ok`, or the code of the refusal. */
export type Outcome = 'ok' | ErrorCode;
type Outcomes = Record<Role, Outcome>;

/** What an act is done to. The target is a member; the message is the target's. */
export interface Subject {
  readonly conversationId: string;
  readonly messageId: string;
  readonly targetId: string;
  readonly newcomerId: string;
}

interface Rule {
  /** In words, for people. */
  readonly act: string;
  readonly outcomes: Outcomes;
  /** Where a kind of conversation has its own rule. */
  readonly except?: Partial<Record<Kind, Partial<Outcomes>>>;
  /** What it leaves behind would change the answer to the next one. */
  readonly isLasting?: true;
}
export interface RouteRule extends Rule {
  readonly route: RouteName;
  readonly request: (subject: Subject) => RequestOptions;
}
export interface CommandRule extends Rule {
  readonly command: CommandName;
  readonly input: (subject: Subject) => Record<string, unknown>;
}

const outsiders = { 'former member': 'NOT_FOUND', stranger: 'NOT_FOUND' } as const;
const MEMBERS: Outcomes = { owner: 'ok', admin: 'ok', member: 'ok', ...outsiders };
const ADMINS: Outcomes = { ...MEMBERS, member: 'FORBIDDEN' };
const OWNERS: Outcomes = { ...ADMINS, admin: 'FORBIDDEN' };
const AUTHOR: Outcomes = { ...OWNERS, owner: 'FORBIDDEN' };

/** A direct has two plain members, and stays what it is. */
const NEVER_IN_DIRECT = { direct: { member: 'CONFLICT' } } as const;

const ofConversation = ({ conversationId }: Subject): { params: Record<string, string> } => ({
  params: { id: conversationId },
});
const ofMessage = ({ messageId }: Subject): { params: Record<string, string> } => ({
  params: { id: messageId },
});
const ofTarget = ({ conversationId, targetId }: Subject): { params: Record<string, string> } => ({
  params: { id: conversationId, userId: targetId },
});
const ofReaction = ({ messageId }: Subject): { params: Record<string, string> } => ({
  params: { id: messageId, emoji: '👍' },
});

/** Acts on a conversation, over REST. */
export const ROUTE_RULES: readonly RouteRule[] = [
  { act: 'see it', route: 'GET /conversations/:id', request: ofConversation, outcomes: MEMBERS },
  {
    act: 'see who is in it',
    route: 'GET /conversations/:id/members',
    request: ofConversation,
    outcomes: MEMBERS,
  },
  {
    act: 'read its history',
    route: 'GET /conversations/:id/messages',
    request: ofConversation,
    outcomes: MEMBERS,
  },
  {
    act: 'catch up',
    route: 'GET /conversations/:id/changes',
    request: (subject) => ({ ...ofConversation(subject), query: { since: 0 } }),
    outcomes: MEMBERS,
  },
  {
    act: 'see what is pinned',
    route: 'GET /conversations/:id/pins',
    request: ofConversation,
    outcomes: MEMBERS,
  },
  {
    act: 'see what a message said before',
    route: 'GET /messages/:id/edits',
    request: ofMessage,
    outcomes: ADMINS,
  },
  { act: 'read a thread', route: 'GET /messages/:id/thread', request: ofMessage, outcomes: MEMBERS },
  {
    act: 'see who reacted',
    route: 'GET /messages/:id/reactions',
    request: (subject) => ({ ...ofMessage(subject), query: { emoji: '👍' } }),
    outcomes: MEMBERS,
  },
  {
    act: 'mark as read',
    route: 'PUT /conversations/:id/read',
    request: (subject) => ({ ...ofConversation(subject), body: { seq: 1 } }),
    outcomes: MEMBERS,
  },
  {
    act: 'mute, pin or archive it for oneself',
    route: 'PATCH /conversations/:id/me',
    request: (subject) => ({ ...ofConversation(subject), body: { muted: true } }),
    outcomes: MEMBERS,
  },
  {
    act: 'send',
    route: 'POST /conversations/:id/messages',
    request: (subject) => ({ ...ofConversation(subject), body: { clientMessageId: 'c', text: 't' } }),
    outcomes: MEMBERS,
  },
  { act: 'react', route: 'PUT /messages/:id/reactions/:emoji', request: ofReaction, outcomes: MEMBERS },
  {
    act: 'take a reaction back',
    route: 'DELETE /messages/:id/reactions/:emoji',
    request: ofReaction,
    outcomes: MEMBERS,
  },
  {
    act: "edit somebody else's message",
    route: 'PATCH /messages/:id',
    request: (subject) => ({ ...ofMessage(subject), body: { text: 'other' } }),
    outcomes: AUTHOR,
  },
  {
    act: "delete somebody else's message",
    route: 'DELETE /messages/:id',
    request: ofMessage,
    outcomes: ADMINS,
    isLasting: true,
  },
  { act: 'pin a message', route: 'PUT /messages/:id/pin', request: ofMessage, outcomes: ADMINS },
  { act: 'unpin a message', route: 'DELETE /messages/:id/pin', request: ofMessage, outcomes: ADMINS },
  {
    act: 'change title or topic',
    route: 'PATCH /conversations/:id',
    request: (subject) => ({ ...ofConversation(subject), body: { topic: 'new' } }),
    outcomes: ADMINS,
    except: NEVER_IN_DIRECT,
  },
  {
    act: 'change who may find it',
    route: 'PATCH /conversations/:id',
    request: (subject) => ({ ...ofConversation(subject), body: { visibility: 'private' } }),
    outcomes: OWNERS,
    // A group can not be found by anybody.
    except: { group: { owner: 'CONFLICT', admin: 'CONFLICT', member: 'CONFLICT' }, ...NEVER_IN_DIRECT },
    isLasting: true,
  },
  {
    act: 'add people',
    route: 'POST /conversations/:id/members',
    request: (subject) => ({ ...ofConversation(subject), body: { userIds: [subject.newcomerId] } }),
    outcomes: MEMBERS,
    except: NEVER_IN_DIRECT,
    isLasting: true,
  },
  {
    act: 'remove somebody',
    route: 'DELETE /conversations/:id/members/:userId',
    request: ofTarget,
    outcomes: ADMINS,
    except: NEVER_IN_DIRECT,
    isLasting: true,
  },
  {
    act: "change somebody's role",
    route: 'PATCH /conversations/:id/members/:userId',
    request: (subject) => ({ ...ofTarget(subject), body: { role: 'admin' } }),
    outcomes: OWNERS,
    except: NEVER_IN_DIRECT,
    isLasting: true,
  },
  {
    act: 'join by oneself',
    route: 'POST /conversations/:id/join',
    request: ofConversation,
    outcomes: MEMBERS,
    except: { 'public channel': { 'former member': 'ok', stranger: 'ok' }, ...NEVER_IN_DIRECT },
    isLasting: true,
  },
  {
    act: 'leave',
    route: 'POST /conversations/:id/leave',
    request: ofConversation,
    // The only owner hands over first.
    outcomes: { ...MEMBERS, owner: 'CONFLICT' },
    except: NEVER_IN_DIRECT,
    isLasting: true,
  },
  {
    act: 'delete it',
    route: 'DELETE /conversations/:id',
    request: ofConversation,
    outcomes: OWNERS,
    except: NEVER_IN_DIRECT,
    isLasting: true,
  },
];

const inConversation = ({ conversationId }: Subject): Record<string, unknown> => ({ conversationId });

/** The same acts, and those that only a socket has. */
export const COMMAND_RULES: readonly CommandRule[] = [
  {
    act: 'send',
    command: 'message:send',
    input: (subject) => ({ ...inConversation(subject), clientMessageId: 'c', text: 't' }),
    outcomes: MEMBERS,
  },
  {
    act: "edit somebody else's message",
    command: 'message:edit',
    input: ({ messageId }) => ({ messageId, text: 'other' }),
    outcomes: AUTHOR,
  },
  {
    act: "delete somebody else's message",
    command: 'message:delete',
    input: ({ messageId }) => ({ messageId }),
    outcomes: ADMINS,
    isLasting: true,
  },
  {
    act: 'react',
    command: 'reaction:add',
    input: ({ messageId }) => ({ messageId, emoji: '👍' }),
    outcomes: MEMBERS,
  },
  {
    act: 'take a reaction back',
    command: 'reaction:remove',
    input: ({ messageId }) => ({ messageId, emoji: '👍' }),
    outcomes: MEMBERS,
  },
  {
    act: 'mark as read',
    command: 'conversation:read',
    input: (subject) => ({ ...inConversation(subject), seq: 1 }),
    outcomes: MEMBERS,
  },
  {
    act: 'mark as delivered',
    command: 'conversation:delivered',
    input: (subject) => ({ ...inConversation(subject), seq: 1 }),
    outcomes: MEMBERS,
  },
  { act: 'show that one types', command: 'typing:start', input: inConversation, outcomes: MEMBERS },
  { act: 'show that one no longer types', command: 'typing:stop', input: inConversation, outcomes: MEMBERS },
];

/** Of oneself, or of no conversation in particular: whoever is signed in may. They never tell of what is not one's own. */
export const OWN_ROUTES: readonly RouteName[] = [
  'GET /users/me',
  'PATCH /users/me',
  'POST /users/me/password',
  'GET /users',
  'GET /users/presence',
  'GET /users/:id',
  'GET /conversations',
  'POST /conversations',
  'GET /channels',
  'POST /sync',
  'GET /auth/sessions',
  'DELETE /auth/sessions/:id',
  'DELETE /auth/sessions',
  'POST /auth/logout',
];
export const OWN_COMMANDS: readonly CommandName[] = [
  'presence:watch',
  'presence:set',
  'sync',
  'auth:refresh',
];

/** By the role of the account: the first who registered. Everybody else is refused. */
export const ADMIN_ROUTES: readonly RouteName[] = ['GET /stats'];

/** Without a token. */
export const OPEN_ROUTES: readonly RouteName[] = [
  'POST /auth/register',
  'POST /auth/login',
  'POST /auth/refresh',
  'GET /health',
  'GET /health/ready',
];

export function expected({ outcomes, except }: Rule, kind: Kind, role: Role): Outcome {
  return except?.[kind]?.[role] ?? outcomes[role];
}
