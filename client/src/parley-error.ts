import type { ErrorCode, ErrorObject, FieldError } from '@parley/protocol';

/** What the server answered instead of a result, or why it could not be asked. */
export class ParleyError extends Error {
  override readonly name = 'ParleyError';

  constructor(readonly object: ErrorObject) {
    super(object.message);
  }

  get code(): ErrorCode {
    return this.object.code;
  }
  get retryable(): boolean {
    return this.object.retryable;
  }
  get fields(): readonly FieldError[] {
    return this.object.fields ?? [];
  }
  get retryAfterMs(): number | undefined {
    return this.object.retryAfterMs;
  }
}

/** No answer came: the outcome is unknown, and the same request with the same id settles it. */
export function noAnswer(message: string): ParleyError {
  return new ParleyError({ code: 'UNAVAILABLE', message, retryable: true, requestId: '' });
}

/** Codes that mean: not before the same person has signed in again. */
export function needsSignIn(code: ErrorCode): boolean {
  return code === 'UNAUTHENTICATED' || code === 'TOKEN_EXPIRED' || code === 'SESSION_REVOKED';
}

export function isErrorObject(value: unknown): value is ErrorObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'code') === 'string' &&
    typeof Reflect.get(value, 'retryable') === 'boolean'
  );
}
