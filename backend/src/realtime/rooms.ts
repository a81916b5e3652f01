import type { RoomKind } from '../infra/metrics/socket-metrics.js';

/** Names of all rooms: a letter, a colon and a UUID. None can be the id of a socket, which has no colon. */
export function conversationRoom(conversationId: string): string {
  return `c:${conversationId}`;
}

export function userRoom(userId: string): string {
  return `u:${userId}`;
}

export function sessionRoom(sessionId: string): string {
  return `s:${sessionId}`;
}

const CONVERSATION_PREFIX = 'c:';

const USER_PREFIX = 'u:';

const KINDS: Readonly<Record<string, RoomKind>> = { 'c:': 'conversation', 'u:': 'person', 's:': 'session' };

/** Whether a room may have sockets on several instances; each socket also has a room of its own. */
export function isSharedRoom(room: string): boolean {
  return /^[cus]:/.test(room);
}

/** What a shared room is for; `null` for the room that each socket has of its own. */
export function kindOfRoom(room: string): RoomKind | null {
  return KINDS[room.slice(0, 2)] ?? null;
}

/** The person whose room it is, or `null` where the room is of another kind. */
export function userOfRoom(room: string): string | null {
  return room.startsWith(USER_PREFIX) ? room.slice(USER_PREFIX.length) : null;
}

/** The conversation of a room, or `null` where the room is of another kind. */
export function conversationOfRoom(room: string): string | null {
  return room.startsWith(CONVERSATION_PREFIX) ? room.slice(CONVERSATION_PREFIX.length) : null;
}
