/** JSON Schemas of the contract: of the inputs from their validation rules, of the wire shapes from their types. */
import { fileURLToPath } from 'node:url';
import { targetConstructorToSchema } from 'class-validator-jsonschema';
import { createGenerator } from 'ts-json-schema-generator';
import type { ErrorCode } from '../errors.js';
import { EMOJI_LENGTH_MAX, ID_PATTERN } from '../limits.js';
import type { InputClass } from '../routes.js';

export type JsonSchema = Record<string, unknown>;

const toComponent = (reference: string) => reference.replace('#/definitions/', '#/components/schemas/');

/** Types refer to each other under `definitions`; both documents keep them under `components/schemas`. */
function relocate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocate);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]: [string, unknown]) =>
      key === '$ref' && typeof child === 'string' ? [key, toComponent(child)] : [key, relocate(child)],
    ),
  );
}

/**
 * The shapes named, and all that they refer to. Objects stay open: clients ignore fields that were added later.
 */
export function shapeSchemas(names: Iterable<string>): Record<string, JsonSchema> {
  const generator = createGenerator({
    path: fileURLToPath(new URL('../../src/*.ts', import.meta.url)),
    tsconfig: fileURLToPath(new URL('../../tsconfig.json', import.meta.url)),
    skipTypeCheck: true,
    expose: 'export',
    jsDoc: 'extended',
    additionalProperties: true,
    topRef: true,
  });
  const schemas: Record<string, JsonSchema> = {};
  for (const name of new Set(names)) {
    Object.assign(schemas, relocate(generator.createSchema(name).definitions ?? {}));
  }
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => a.localeCompare(b)));
}

/** What an input class accepts; unknown fields are refused. */
export function inputSchema(input: InputClass): JsonSchema {
  const schema = targetConstructorToSchema(input, {
    additionalConverters: {
      // Code points, as JSON Schema counts them too.
      isText: ({ constraints }) => {
        const [min, max] = constraints as [number, number];
        return { type: 'string', minLength: min, maxLength: max };
      },
      isVisible: { description: 'With a visible character.' },
      isEmoji: { type: 'string', minLength: 1, maxLength: EMOJI_LENGTH_MAX, description: 'One emoji.' },
      isRevsById: ({ constraints }) => ({
        type: 'object',
        maxProperties: (constraints as [number])[0],
        additionalProperties: { type: 'integer', minimum: 0 },
        propertyNames: { pattern: ID_PATTERN.source },
      }),
    },
  }) as unknown as JsonSchema;
  return { ...schema, additionalProperties: false };
}

/** Codes that any request may be answered with. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  'VALIDATION_FAILED',
  'PAYLOAD_TOO_LARGE',
  'RATE_LIMITED',
  'INTERNAL',
  'UNAVAILABLE',
];

/** Codes that any request of a signed-in person may be answered with. */
export const SESSION_ERRORS: readonly ErrorCode[] = ['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'SESSION_REVOKED'];
