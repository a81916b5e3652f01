import { ParleyError } from '@parley/client';
import type { ErrorObject } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { failureText, fieldFailures } from './failure.js';

function refusal(fields: Partial<ErrorObject>): ParleyError {
  return new ParleyError({
    code: 'VALIDATION_FAILED',
    message: 'invalid',
    retryable: false,
    requestId: 'r1',
    ...fields,
  });
}

describe('failureText', () => {
  it('says how long to wait', () => {
    expect(failureText(refusal({ code: 'RATE_LIMITED', retryAfterMs: 4_200 }))).toBe(
      'Too many attempts. Try again in 5 s.',
    );
  });

  it('does not show the inside of a server that failed', () => {
    const error = refusal({ code: 'INTERNAL', message: 'relation "x" does not exist' });
    expect(failureText(error)).not.toContain('relation');
  });

  it('names the end of the request id, by which the failure is found in the logs', () => {
    const error = refusal({ code: 'INTERNAL', requestId: '0193a7c0-5b7e-7d1c-9f00-12ab34cd56ef' });
    expect(failureText(error)).toContain('(id 34cd56ef)');
    expect(failureText(refusal({ code: 'CONFLICT', message: 'it is taken' }))).toBe('It is taken.');
  });

  it('tells a server that refuses from one that is not there', () => {
    expect(failureText(refusal({ code: 'UNAVAILABLE', requestId: '' }))).toContain('could not be reached');
    expect(failureText(new TypeError('Failed to fetch'))).toContain('could not be reached');
  });
});

describe('fieldFailures', () => {
  it('gives each field on the screen its first complaint', () => {
    const error = refusal({
      fields: [
        { path: 'username', message: 'is taken' },
        { path: 'username', message: 'is too long' },
        { path: 'other', message: 'is wrong' },
      ],
    });
    expect(fieldFailures(error, ['username', 'password'])).toEqual({ username: 'Is taken.' });
  });
});
