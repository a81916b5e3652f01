import { ParleyError } from '@parley/client';
import type { ErrorCode } from '@parley/protocol';

const WITHOUT_ANSWER = 'The server could not be reached. Check your connection and try again.';

function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return trimmed;
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}

/** What a person can read out, and an operator finds in the logs: ids end with their random part. */
const SHORT_ID_LENGTH = 8;

function shortId(requestId: string): string {
  return `id ${requestId.slice(-SHORT_ID_LENGTH)}`;
}

export function failureCode(thrown: unknown): ErrorCode | null {
  return thrown instanceof ParleyError ? thrown.code : null;
}

/** One sentence that says what went wrong and what to do. */
export function failureText(thrown: unknown): string {
  if (!(thrown instanceof ParleyError)) return WITHOUT_ANSWER;
  switch (thrown.code) {
    case 'RATE_LIMITED': {
      const wait = thrown.retryAfterMs;
      return wait === undefined
        ? 'Too many attempts. Wait a moment and try again.'
        : `Too many attempts. Try again in ${Math.max(1, Math.ceil(wait / 1_000))} s.`;
    }
    case 'INTERNAL':
    case 'UNAVAILABLE':
      // An answer carries the id of its request; where there is none, nothing answered.
      return thrown.object.requestId === ''
        ? WITHOUT_ANSWER
        : `The server is not able to do that right now. Try again in a moment. (${shortId(thrown.object.requestId)})`;
    default:
      return sentence(thrown.message) || 'That did not work.';
  }
}

/**
 * The first complaint about each named field, ready to stand under it. What concerns no field on the screen is
 * left to `failureText`.
 */
export function fieldFailures<Name extends string>(
  thrown: unknown,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  const complaints: Partial<Record<Name, string>> = {};
  for (const field of thrown instanceof ParleyError ? thrown.fields : []) {
    const name = names.find((candidate) => candidate === field.path);
    if (name !== undefined && complaints[name] === undefined) complaints[name] = sentence(field.message);
  }
  return complaints;
}
