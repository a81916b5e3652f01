import { readFileSync } from 'node:fs';
import { urlListWeakness, urlPasswordWeakness, weaknessOf } from './secret-strength.js';
import type { Variable } from './variable.js';
import { VariableFault } from './variable.js';
import type { VariableName, VariableValue } from './variables.js';
import { VARIABLES } from './variables.js';

/** Values by name; `undefined` where a variable that may stay unset is unset. */
export type Values = { [K in VariableName]: VariableValue<K> | undefined };

/** All faults of an environment at once: one that is mended must not reveal the next. */
export class ConfigurationError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(['The configuration is not valid:', ...faults.map((fault) => `  ${fault}`)].join('\n'));
    this.name = 'ConfigurationError';
  }
}

/** An HS256 key shorter than its hash (256 bits) is the weakest part of the token: RFC 7518, 3.2. */
const TOKEN_SECRET_MIN = 32;
const STORE_SECRET_MIN = 16;

const STRENGTH: Partial<Record<VariableName, (value: string) => string | null>> = {
  ACCESS_TOKEN_SECRET: (value) => weaknessOf(value, TOKEN_SECRET_MIN),
  S3_SECRET_ACCESS_KEY: (value) => weaknessOf(value, STORE_SECRET_MIN),
  DATABASE_URL: urlPasswordWeakness,
  REDIS_URL: urlListWeakness,
  REDIS_QUEUE_URL: urlListWeakness,
};

type Environment = Readonly<Record<string, string | undefined>>;

/** The text given for a variable, from the environment or, for a secret, from the file that NAME_FILE names. */
function givenText(name: string, variable: Variable<unknown>, environment: Environment): string | undefined {
  // An empty line in an env file means "not set", in compose as here.
  const direct = environment[name] === '' ? undefined : environment[name];
  const file = variable.secret ? environment[`${name}_FILE`] : undefined;
  if (file === undefined || file === '') return direct;
  if (direct !== undefined) throw new VariableFault(`is set twice: also as ${name}_FILE`);
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch {
    throw new VariableFault(`can not be read from the file that ${name}_FILE names`);
  }
}

function readVariable(name: VariableName, environment: Environment, production: boolean): unknown {
  const variable: Variable<unknown> = VARIABLES[name];
  const given = givenText(name, variable, environment);
  if (production && variable.required === 'production') {
    if (given === undefined) throw new VariableFault('is required in production');
    if (variable.secret && given === variable.default) {
      throw new VariableFault('is the development default, which everybody knows');
    }
  }
  const used = given ?? variable.default;
  if (used === null) return undefined;
  const value = variable.parse(used);
  const weakness = production ? STRENGTH[name]?.(used) : null;
  if (weakness) throw new VariableFault(weakness);
  return value;
}

/** Reads every variable; throws one `ConfigurationError` that names all that is wrong. Values are never printed. */
export function readVariables(environment: Environment): Values {
  const production = environment['NODE_ENV'] === 'production';
  const faults: string[] = [];
  const values: Partial<Record<VariableName, unknown>> = {};
  for (const name of Object.keys(VARIABLES) as VariableName[]) {
    try {
      values[name] = readVariable(name, environment, production);
    } catch (error) {
      if (!(error instanceof VariableFault)) throw error;
      faults.push(`${name} ${error.message}. ${VARIABLES[name].whenWrong}`);
    }
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return values as Values;
}
