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
  /** Throws `VariableFault` with a sentence that does not contain the value. */
  parse: (text: string) => T;
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

export function text(value: string): string {
  return value;
}

export function flag(value: string): boolean {
  if (value === 'true') return true;
  if (value === 'false') return false;
  throw new VariableFault('must be true or false');
}

export function integer(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) {
      throw new VariableFault(`must be a whole number from ${String(min)} to ${String(max)}`);
    }
    return number;
  };
}

export function positiveNumber(value: string): number {
  const number = /^\d{1,9}(\.\d{1,6})?$/.test(value) ? Number(value) : Number.NaN;
  if (!(number > 0)) throw new VariableFault('must be a number above 0');
  return number;
}

export function oneOf<const T extends string>(...choices: T[]): (value: string) => T {
  return (value) => {
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw new VariableFault(`must be one of ${choices.join(', ')}`);
    return choice;
  };
}

export function url(...protocols: string[]): (value: string) => string {
  return (value) => {
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
      throw new VariableFault(`must be an address that starts with ${protocols.join('// or ')}//`);
    }
    return value;
  };
}

/** An origin exactly as browsers send it: scheme, host and port, no path. */
export function origin(value: string): string {
  const parsed = url('http:', 'https:')(value);
  if (new URL(parsed).origin !== parsed.replace(/\/$/, '')) {
    throw new VariableFault('must be an origin: scheme, host and port, without a path');
  }
  return new URL(parsed).origin;
}

export function originList(value: string): string[] {
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(origin);
}
