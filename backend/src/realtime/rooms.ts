/**
 * Names of all rooms. None is ever exactly 20 characters long: the sharded Redis adapter takes such a name for
 * a socket id and sends it to every instance. With UUIDs these have 38 characters.
 */
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

/** The conversation of a room, or `null` where the room is of another kind. */
export function conversationOfRoom(room: string): string | null {
  return room.startsWith(CONVERSATION_PREFIX) ? room.slice(CONVERSATION_PREFIX.length) : null;
}
