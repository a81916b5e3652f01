/** Every error code of the contract with its HTTP status. Clients decide by code, never by text. */
export const ERROR_STATUS = {
  VALIDATION_FAILED: 400,
  PROTOCOL_UNSUPPORTED: 400,
  UNAUTHENTICATED: 401,
  TOKEN_EXPIRED: 401,
  SESSION_REVOKED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_TYPE: 415,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/**
 * Codes after which the outcome is unknown or the request may simply be repeated with the same ids.
 * Every other code means that nothing was stored.
 */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['RATE_LIMITED', 'INTERNAL', 'UNAVAILABLE']);

export function isRetryable(code: ErrorCode): boolean {
  return RETRYABLE.has(code);
}

/** One wrong field of a request. `path` is dotted (`memberIds.3`); the value itself is never echoed. */
export interface FieldError {
  path: string;
  message: string;
}

/** The one error object: REST answers `{ error }`, a socket ack `{ ok: false, error }`, a handshake `connect_error.data`. */
export interface ErrorObject {
  code: ErrorCode;
  /** For people; may change at any time. */
  message: string;
  /** `false`: nothing was stored. `true`: the outcome is unknown; the same request with the same id settles it. */
  retryable: boolean;
  requestId: string;
  retryAfterMs?: number;
  /** Which limit was hit (`RATE_LIMITED`) or refused the size (`PAYLOAD_TOO_LARGE`). */
  limit?: string;
  remaining?: number;
  resetMs?: number;
  fields?: FieldError[];
}

/** The body of every REST answer that is not a success. */
export interface ErrorAnswer {
  error: ErrorObject;
}
