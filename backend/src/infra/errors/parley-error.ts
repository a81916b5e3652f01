import type { ErrorCode, ErrorObject, FieldError } from '@parley/protocol';
import { isRetryable } from '@parley/protocol';

export interface ErrorDetails {
  fields?: FieldError[];
  retryAfterMs?: number;
  /** Name of the limit that was hit. */
  limit?: string;
  remaining?: number;
  resetMs?: number;
  /** Stays on the server: it is logged, never sent. */
  cause?: unknown;
}

/**
 * The one error that use cases throw. `code` is the contract; `message` is a sentence for people that never
 * holds what the client sent, nor anything about the inside of the server.
 */
export class ParleyError extends Error {
  readonly details: Omit<ErrorDetails, 'cause'>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    details: ErrorDetails = {},
  ) {
    const { cause, ...sent } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ParleyError';
    this.details = sent;
  }

  /** What goes over the wire. */
  toObject(requestId: string): ErrorObject {
    return {
      code: this.code,
      message: this.message,
      retryable: isRetryable(this.code),
      requestId,
      ...this.details,
    };
  }
}

/** Not there, or there and not the caller's to see: the two must not be told apart. */
export function notFound(message = 'There is nothing here that you may see.'): ParleyError {
  return new ParleyError('NOT_FOUND', message);
}

export function forbidden(message: string): ParleyError {
  return new ParleyError('FORBIDDEN', message);
}

export function conflict(message: string): ParleyError {
  return new ParleyError('CONFLICT', message);
}

/** One wrong field, found by a rule that the input class can not express. */
export function invalidField(path: string, message: string): ParleyError {
  return new ParleyError('VALIDATION_FAILED', 'The request is not valid.', { fields: [{ path, message }] });
}

/** Clients that meet a part which is down wait about this long before the same request again. */
const RETRY_AFTER_MS = 1_000;

/** A part that is needed does not answer; the outcome is unknown and the same request may be repeated. */
export function unavailable(message: string, cause?: unknown): ParleyError {
  return new ParleyError('UNAVAILABLE', message, { retryAfterMs: RETRY_AFTER_MS, cause });
}
