/** How a text becomes a value. */
export interface Parser<T> {
  /** Throws `VariableFault` with a sentence that does not contain the value. */
  (text: string): T;
  /** What it takes, in words for operators. */
  readonly accepts: string;
}

/** One environment variable: what it means, and how its text becomes a value. */
export interface Variable<T> {
  group: VariableGroup;
  /** One sentence for operators, with the unit of the value. */
  about: string;
  /** What an operator sees when the value is wrong. */
  whenWrong: string;
  /** Text used where the variable is unset; `null`: the variable may stay unset, or is required (see `required`). */
  default: string | null;
  /** `production`: the default serves development only and is refused where NODE_ENV=production. */
  required: 'never' | 'production';
  /** A secret is never printed, may be given as NAME_FILE, and is judged for strength where it says so. */
  secret: boolean;
  parse: Parser<T>;
}

export const VARIABLE_GROUPS = [
  'Process',
  'PostgreSQL',
  'Redis',
  'S3',
  'Sessions',
  'Socket',
  'Limits',
] as const;
export type VariableGroup = (typeof VARIABLE_GROUPS)[number];

/** Why a text is not a value; the sentence goes behind the variable's name. */
export class VariableFault extends Error {}

export function parser<T>(accepts: string, parse: (text: string) => T): Parser<T> {
  return Object.assign(parse, { accepts });
}

export const text = parser('text', (value) => value);

export const flag = parser('true or false', (value) => {
  if (value === 'true') return true;
  if (value === 'false') return false;
  throw new VariableFault('must be true or false');
});

export function integer(min: number, max: number): Parser<number> {
  const accepts = `a whole number from ${String(min)} to ${String(max)}`;
  return parser(accepts, (value) => {
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) throw new VariableFault(`must be ${accepts}`);
    return number;
  });
}

export const positiveNumber = parser('a number above 0', (value) => {
  const number = /^\d{1,9}(\.\d{1,6})?$/.test(value) ? Number(value) : Number.NaN;
  if (!(number > 0)) throw new VariableFault('must be a number above 0');
  return number;
});

export function oneOf<const T extends string>(...choices: T[]): Parser<T> {
  const accepts = `one of ${choices.join(', ')}`;
  return parser(accepts, (value) => {
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw new VariableFault(`must be ${accepts}`);
    return choice;
  });
}

export function url(...protocols: string[]): Parser<string> {
  const accepts = `an address that starts with ${protocols.join('// or ')}//`;
  return parser(accepts, (value) => {
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
      throw new VariableFault(`must be ${accepts}`);
    }
    return value;
  });
}

/** At least one of them; what stands before the first `//` is that of all. */
export function urlList(...protocols: string[]): Parser<string[]> {
  const one = url(...protocols);
  return parser(`${one.accepts}, or several, comma-separated`, (value) =>
    value.split(',').map((entry) => one(entry.trim())),
  );
}

const webAddress = url('http:', 'https:');

/** An origin exactly as browsers send it: scheme, host and port, no path. */
export const origin = parser('an origin, such as https://chat.example.org', (value) => {
  const parsed = webAddress(value);
  if (new URL(parsed).origin !== parsed.replace(/\/$/, '')) {
    throw new VariableFault('must be an origin: scheme, host and port, without a path');
  }
  return new URL(parsed).origin;
});

export const originList = parser('origins, comma-separated', (value) =>
  value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(origin),
);
