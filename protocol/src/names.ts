/** Names that both sides spell: version, paths, the cookie, and the features a server can announce. */

export const PROTOCOL_VERSION = 1;

export const API_PREFIX = '/api/v1';
export const SOCKET_PATH = '/socket.io';

/** Holds the refresh token; HttpOnly, so a page never reads it. */
export const REFRESH_COOKIE = 'parley_refresh';
export const REFRESH_COOKIE_PATH = '/api/v1/auth';

/** How long a client waits for the answer to a command before it takes the outcome as unknown. */
export const COMMAND_TIMEOUT_MS = 10_000;

/** A hole in a conversation must stand this long before a client repairs it; frames often arrive just late. */
export const HOLE_PATIENCE_MS = 300;
