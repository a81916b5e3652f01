/** Validation rules of the contract, composed from class-validator. Texts are for people and never repeat the value. */
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  Matches,
  Max,
  Min,
  ValidateBy,
  getMetadataStorage,
} from 'class-validator';
import {
  CLIENT_ID_PATTERN,
  EMOJI_LENGTH_MAX,
  ID_PATTERN,
  PAGE_LIMIT_MAX,
  USERNAME_MAX,
  USERNAME_MIN,
  USERNAME_PATTERN,
} from './limits.js';
import { codePointLength, hasVisibleCharacter, isStorable } from './text.js';

function all(...decorators: PropertyDecorator[]): PropertyDecorator {
  return (target, key) => {
    for (const decorate of decorators) decorate(target, key);
  };
}

/** Text of `min` to `max` code points, without U+0000 and lone surrogates. */
export function IsText(min: number, max: number): PropertyDecorator {
  return ValidateBy({
    name: 'isText',
    constraints: [min, max],
    validator: {
      validate(value: unknown) {
        // The UTF-16 length bounds the work: a code point is one or two units.
        if (typeof value !== 'string' || value.length > max * 2 || !isStorable(value)) return false;
        const length = codePointLength(value);
        return length >= min && length <= max;
      },
      defaultMessage: () =>
        `must be a text of ${min} to ${max} characters without U+0000 and lone surrogates`,
    },
  });
}

/** A text that shows something: for names and titles. */
export function IsLabel(max: number): PropertyDecorator {
  return all(
    IsText(1, max),
    ValidateBy({
      name: 'isVisible',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && hasVisibleCharacter(value),
        defaultMessage: () => 'must contain a visible character',
      },
    }),
  );
}

export function IsUsername(): PropertyDecorator {
  return all(
    IsText(USERNAME_MIN, USERNAME_MAX),
    Matches(USERNAME_PATTERN, { message: 'may contain a-z 0-9 . _ - only' }),
  );
}

/** An id made by the server. */
export function IsId(): PropertyDecorator {
  return Matches(ID_PATTERN, { message: 'must be an id (a UUID in lower case)' });
}

/** A list of `min` to `max` ids. In a query: `ids=a,b` or `ids=a&ids=b`. */
export function IsIds(min: number, max: number): PropertyDecorator {
  return all(
    IsArray({ message: 'must be a list' }),
    ArrayMinSize(min, { message: `must name at least ${min}` }),
    ArrayMaxSize(max, { message: `must name at most ${max}` }),
    Matches(ID_PATTERN, { each: true, message: 'must hold ids only (UUIDs in lower case)' }),
  );
}

/** An id chosen by the client, compared exactly. */
export function IsClientId(): PropertyDecorator {
  return Matches(CLIENT_ID_PATTERN, { message: 'must be 1 to 64 of A-Z a-z 0-9 _ -' });
}

/** A message number or change number, `0` (none) where `min` is 0. */
export function IsPosition(min: 0 | 1 = 0): PropertyDecorator {
  return all(
    IsInt({ message: 'must be a whole number' }),
    Min(min, { message: `must be at least ${min}` }),
    Max(Number.MAX_SAFE_INTEGER, { message: 'is too large' }),
  );
}

export function IsPageLimit(): PropertyDecorator {
  return all(
    IsInt({ message: 'must be a whole number' }),
    Min(1, { message: 'must be at least 1' }),
    Max(PAGE_LIMIT_MAX, { message: `must be at most ${PAGE_LIMIT_MAX}` }),
  );
}

/** An opaque position that the server gave; what it holds is checked where it is read. */
export function IsCursor(): PropertyDecorator {
  return IsText(1, 1_000);
}

const EMOJI =
  /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|[0-9#*]\ufe0f?\u20e3)(?:\p{Extended_Pictographic}|\p{Emoji_Component})*$/u;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

export function IsEmoji(): PropertyDecorator {
  return ValidateBy({
    name: 'isEmoji',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' &&
        value.length <= EMOJI_LENGTH_MAX &&
        EMOJI.test(value) &&
        [...graphemes.segment(value)].length === 1,
      defaultMessage: () => 'must be one emoji',
    },
  });
}

/** An object from ids to revs, with at most `max` entries. */
export function IsRevsById(max: number): PropertyDecorator {
  return ValidateBy({
    name: 'isRevsById',
    constraints: [max],
    validator: {
      validate(value: unknown) {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
        const entries = Object.entries(value);
        return (
          entries.length <= max &&
          entries.every(
            ([id, rev]: [string, unknown]) =>
              ID_PATTERN.test(id) && Number.isSafeInteger(rev) && Number(rev) >= 0,
          )
        );
      },
      defaultMessage: () => `must map ids to revs, ${max} at most`,
    },
  });
}

type InputClass = abstract new () => object;

function fieldsWith(rule: string, input: InputClass): ReadonlySet<string> {
  return new Set(
    getMetadataStorage()
      .getTargetValidationMetadatas(input, '', true, false)
      .filter((metadata) => metadata.name === rule)
      .map((metadata) => metadata.propertyName),
  );
}

/** Fields of an input that are whole numbers: a query string carries them as text. */
export function integerFields(input: InputClass): ReadonlySet<string> {
  return fieldsWith('isInt', input);
}

/** Fields of an input that are lists: a query string carries them comma-separated or repeated. */
export function listFields(input: InputClass): ReadonlySet<string> {
  return fieldsWith('isArray', input);
}

/** Fields of an input that are booleans: a query string carries them as `true` or `false`. */
export function booleanFields(input: InputClass): ReadonlySet<string> {
  return fieldsWith('isBoolean', input);
}
