import type { FieldError, InputClass } from '@parley/protocol';
import { plainToInstance } from 'class-transformer';
import type { ValidationError } from 'class-validator';
import { validateSync } from 'class-validator';
import { ParleyError } from '../errors/parley-error.js';

/** No input of the contract is nested deeper than 2; parsers accept thousands of levels. */
const DEPTH_MAX = 8;
/** Enough to mend a form; a request with thousands of wrong fields gets no answer of that size. */
const FIELDS_MAX = 20;
const PATH_LENGTH_MAX = 100;
/** Keys that reach into prototypes instead of the object. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The instance of an input class that a body, a query or a command payload describes. Throws
 * VALIDATION_FAILED with the wrong fields; unknown fields are wrong. REST and socket both go through here.
 */
export function validateInput<T extends object>(input: InputClass<T>, payload: unknown): T {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload) || isBinary(payload)) {
    throw invalidFields([{ path: '', message: 'must be an object' }]);
  }
  const trap = findTrap(payload, '', 1);
  if (trap) throw invalidFields([trap]);
  const instance = plainToInstance<T, object>(input, payload);
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
  });
  if (errors.length > 0) throw invalidFields(errors.flatMap((error) => fieldsOf(error, '')));
  return instance;
}

export function invalidFields(fields: FieldError[]): ParleyError {
  return new ParleyError('VALIDATION_FAILED', 'The request is not valid.', {
    fields: fields
      .slice(0, FIELDS_MAX)
      .map(({ path, message }) => ({ path: path.slice(0, PATH_LENGTH_MAX), message })),
  });
}

function findTrap(value: object, path: string, depth: number): FieldError | null {
  if (depth > DEPTH_MAX) return { path, message: 'is nested too deeply' };
  for (const [key, child] of Object.entries(value) as [string, unknown][]) {
    const childPath = path === '' ? key : `${path}.${key}`;
    if (FORBIDDEN_KEYS.has(key)) return { path: childPath, message: 'is not known' };
    if (isBinary(child)) return { path: childPath, message: 'may not be binary' };
    if (typeof child === 'object' && child !== null) {
      const trap = findTrap(child, childPath, depth + 1);
      if (trap) return trap;
    }
  }
  return null;
}

/** Binary attachments of Socket.IO arrive as buffers; no input of the contract holds one. */
function isBinary(value: unknown): boolean {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

function fieldsOf(error: ValidationError, parent: string): FieldError[] {
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
    path,
    message: rule === 'whitelistValidation' ? 'is not known' : message,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => fieldsOf(child, path))];
}
