import { ID_PATTERN, isStorable } from '@parley/protocol';
import { invalidField } from '../infra/errors/parley-error.js';

/** What a part of a cursor may hold. */
export type PartRule = (part: string) => boolean;

export const ID: PartRule = (part) => ID_PATTERN.test(part);
export const TIME: PartRule = (part) =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(part) && !Number.isNaN(Date.parse(part));
export const TEXT: PartRule = isStorable;
/** A transaction id or another whole number of 64 bits. */
export const NUMBER: PartRule = (part) => /^\d{1,18}$/.test(part);

/** An opaque position: what it is for, and the values of the last row. */
export function encodeCursor(purpose: string, ...parts: string[]): string {
  return Buffer.from(JSON.stringify([purpose, ...parts]), 'utf8').toString('base64url');
}

/**
 * The parts of a cursor made for this purpose. Throws VALIDATION_FAILED for anything else. Cursors are not
 * signed: they hold positions, never permissions, and every part is checked before it is used.
 */
export function decodeCursor(purpose: string, cursor: string, rules: readonly PartRule[]): string[] {
  const [given, ...parts] = parse(cursor);
  const fits =
    given === purpose &&
    parts.length === rules.length &&
    rules.every((rule, index) => rule(parts[index] ?? ''));
  if (!fits) throw invalidField('cursor', 'is not one that the server gave');
  return parts;
}

function parse(cursor: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : [];
  } catch {
    return [];
  }
}
