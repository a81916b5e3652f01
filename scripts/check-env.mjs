// `npm run env:check [FILE]`: judges a filled copy of env.production.example (`.env` where no other is named) by the code that the
// servers read their environment with. `-- --generate` first fills in what is empty and only random.
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fillEnvFile, parseEnvFile } from '../deploy/setup/env-file.mjs';
import { ROOT } from './places.mjs';
import { build, installPackages } from './prepare.mjs';

/**
 * @typedef {typeof import('../backend/src/config/read-variables.js')
 *   & typeof import('../backend/src/config/variables.js')
 *   & typeof import('../backend/src/config/compose-variables.js')} Rules
 * @typedef {{ faults: string[], notes: string[] }} Verdict
 */

/** The configuration code of the servers, as it was built. @returns {Promise<Rules>} */
async function loadRules() {
  await installPackages();
  await build({ only: ['database client', 'protocol, client, server'] });
  const files = ['read-variables.js', 'variables.js', 'compose-variables.js'];
  const modules = await Promise.all(
    files.map((file) => import(pathToFileURL(join(ROOT, 'backend', 'dist', 'config', file)).href)),
  );
  return Object.assign({}, ...modules);
}

/** Single letters to add, take away, change or swap to make one text the other. */
function distance(a, b) {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array(b.length).fill(0)]);
  for (let j = 1; j <= b.length; j += 1) rows[0][j] = j;
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows[a.length][b.length];
}

function nearest(name, known) {
  const [best] = known
    .map((candidate) => ({ candidate, steps: distance(name.toUpperCase(), candidate) }))
    .sort((a, b) => a.steps - b.steps);
  return best && best.steps <= Math.max(1, Math.floor(name.length / 4)) ? best.candidate : null;
}

/** The parts that run here, by the compose file's own word; `null` where the file is not for it. */
function profilesOf(environment) {
  if (environment.COMPOSE_PROFILES === undefined) return null;
  return environment.COMPOSE_PROFILES.split(',').map((name) => name.trim());
}

/** @param {string} text of the file @param {Rules} rules @returns {Verdict} */
export function checkEnv(text, rules) {
  const { entries, faults: unreadable } = parseEnvFile(text);
  const environment = Object.fromEntries(entries.map(({ name, value }) => [name, value]));
  const faults = [...unreadable];
  const notes = [];
  if (!environment.NODE_ENV) notes.push('NODE_ENV is not set: this judges it as `production`.');
  else if (environment.NODE_ENV !== 'production') {
    notes.push('NODE_ENV is not `production`: secrets that everybody knows are let through.');
  }

  const { faults: misspelt, notes: foreign } = checkNames(entries, rules);
  faults.push(...misspelt);
  notes.push(...foreign);

  const profiles = profilesOf(environment);
  const isMadeUp = (name) => {
    if (profiles === null || environment[name] || environment[`${name}_FILE`]) return false;
    const part = rules.MADE_UP_AT_FIRST_START[name];
    return part !== undefined && (part === null || profiles.includes(part));
  };
  const madeUp = Object.keys(rules.MADE_UP_AT_FIRST_START).filter(isMadeUp);
  try {
    rules.readVariables({ NODE_ENV: 'production', ...withoutEmpty(environment) });
  } catch (error) {
    if (!(error instanceof rules.ConfigurationError)) throw error;
    faults.push(...error.faults.filter((fault) => !madeUp.includes(fault.split(' ')[0])));
  }
  if (madeUp.length > 0) {
    notes.push(
      `${madeUp.join(', ')}: left to the first start of docker-compose.production.yml, which makes them up` +
        `${madeUp.includes('PUBLIC_URL') ? ' (PUBLIC_URL: https://localhost)' : ''}.`,
    );
  }

  for (const [name, { parse, whenWrong }] of Object.entries(rules.COMPOSE_VARIABLES)) {
    if (!parse || !environment[name]) continue;
    try {
      parse(environment[name]);
    } catch (error) {
      faults.push(`${name} ${error.message}. ${whenWrong}`);
    }
  }
  const crossed = crossCheck(environment, profiles, rules);
  return { faults: [...faults, ...crossed.faults], notes: [...notes, ...crossed.notes] };
}

/** What is right by itself and wrong beside another. Only of the compose file: elsewhere nobody knows how many processes there are. */
function crossCheck(environment, profiles, rules) {
  const faults = [];
  const notes = [];
  if (profiles === null) return { faults, notes };
  const { VARIABLES, COMPOSE_VARIABLES } = rules;
  const of = (name) => environment[name] || (COMPOSE_VARIABLES[name] ?? VARIABLES[name]).default;
  const here = (profile) => profiles.includes(profile);

  const [replicas, pool, most] = ['BACKEND_REPLICAS', 'DATABASE_POOL_SIZE', 'POSTGRES_MAX_CONNECTIONS'].map(
    (name) => Number(of(name)),
  );
  // The instances, one more while they are replaced, and the worker.
  const wanted = (replicas + 2) * (pool + rules.LOG_CONNECTIONS) + rules.OTHER_CONNECTIONS;
  const sum =
    `(BACKEND_REPLICAS ${replicas} + one more while they are replaced + the worker) × (DATABASE_POOL_SIZE ${pool} + ` +
    `${rules.LOG_CONNECTIONS}) + ${rules.OTHER_CONNECTIONS} others = ${wanted} connections`;
  if (here('postgres') && wanted > most) {
    faults.push(`POSTGRES_MAX_CONNECTIONS is ${most}, and ${sum} may be wanted. Processes are refused then.`);
  } else if (!here('postgres')) {
    notes.push(`Your PostgreSQL must grant ${sum}.`);
  }

  const address = URL.canParse(environment.PUBLIC_URL ?? '') ? new URL(environment.PUBLIC_URL) : null;
  if (address !== null) {
    const named = address.port || (address.protocol === 'https:' ? '443' : '80');
    const listened = of(address.protocol === 'https:' ? 'HTTPS_PORT' : 'HTTP_PORT');
    if (named !== listened) {
      const fault =
        `PUBLIC_URL leads to port ${named}, and nginx listens on ${listened}: right only where something in front ` +
        'passes one to the other';
      // Something in front is said so.
      (environment.TRUSTED_PROXIES ? notes : faults).push(
        `${fault}${environment.TRUSTED_PROXIES ? '' : ' (then name it in TRUSTED_PROXIES)'}.`,
      );
    }
    if (address.protocol === 'http:') {
      faults.push('PUBLIC_URL is http: nginx sends everybody to https, where browsers are then refused.');
    }
  }
  if (!here('s3') && environment.S3_ENDPOINT === undefined) {
    faults.push(
      'S3_ENDPOINT is not set (empty: AWS), and s3 is not in COMPOSE_PROFILES: `setup` ends with that.',
    );
  }
  if (of('HTTP_PORT') === of('HTTPS_PORT')) faults.push('HTTP_PORT and HTTPS_PORT are the same.');

  if (of('ALERTMANAGER_CONFIG') === 'webhook.yml' && !environment.ALERT_WEBHOOK_URL) {
    faults.push(
      'ALERTMANAGER_CONFIG is webhook.yml, and ALERT_WEBHOOK_URL is empty: nobody is told of an alert.',
    );
  }
  if (environment.ALERT_WEBHOOK_URL && of('ALERTMANAGER_CONFIG') !== 'webhook.yml') {
    faults.push(
      'ALERT_WEBHOOK_URL is used by ALERTMANAGER_CONFIG=webhook.yml alone: nobody is told of an alert.',
    );
  }
  for (const name of Object.keys(VARIABLES)) {
    if (VARIABLES[name].secret && environment[`${name}_FILE`]) {
      faults.push(`${name}_FILE has no effect in docker-compose.production.yml: give the value itself.`);
    }
  }
  if (Number(of('SOCKETS_PER_INSTANCE')) >= Number(of('BACKEND_NOFILE'))) {
    faults.push(
      'SOCKETS_PER_INSTANCE is not below BACKEND_NOFILE: connections are refused for want of open files.',
    );
  }
  if (here('postgres') && bytesOf(of('POSTGRES_SHARED_BUFFERS')) > bytesOf(of('POSTGRES_MEMORY')) / 2) {
    faults.push('POSTGRES_SHARED_BUFFERS is above half of POSTGRES_MEMORY: the kernel ends PostgreSQL.');
  }
  return { faults, notes };
}

/** Of a size such as 512mb or 2g; what is none is told elsewhere. */
function bytesOf(size) {
  const [, number, unit] = /^(\d+)([kmgt])b?$/i.exec(size) ?? [];
  return Number(number) * 1024 ** ('kmgt'.indexOf((unit ?? 'k').toLowerCase()) + 1);
}

function withoutEmpty(environment) {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

function checkNames(entries, { VARIABLES, COMPOSE_VARIABLES }) {
  const files = Object.entries(VARIABLES).flatMap(([name, { secret }]) => (secret ? [`${name}_FILE`] : []));
  const documented = [...Object.keys(VARIABLES), ...files, ...Object.keys(COMPOSE_VARIABLES)];
  const known = new Set(documented);
  const faults = [];
  const notes = [];
  for (const { name, line } of entries) {
    // Those of docker itself are not ours to judge.
    if (known.has(name) || /^(COMPOSE|DOCKER|BUILDKIT)_/.test(name)) continue;
    const meant = nearest(name, documented);
    if (meant) faults.push(`${name} (line ${line}) is read by nobody: did you mean ${meant}?`);
    else notes.push(`${name} (line ${line}) is read by nobody here.`);
  }
  return { faults, notes };
}

/** Values for what is empty and only random. @param {string} text @param {Rules} rules */
export function secretsFor(text, { RANDOM_SECRETS }) {
  const environment = Object.fromEntries(parseEnvFile(text).entries.map(({ name, value }) => [name, value]));
  // A line that can not be read is not an empty one.
  const written = new Set(
    [...text.matchAll(/^\s*(?:export\s+)?([A-Za-z0-9_]+)\s*=\s*\S/gm)].map(([, name]) => name),
  );
  const profiles = profilesOf(environment);
  return Object.fromEntries(
    Object.entries(RANDOM_SECRETS)
      .filter(([name, part]) => {
        if (environment[name] || environment[`${name}_FILE`]) return false;
        if (written.has(name) && environment[name] === undefined) return false;
        return part === null || (profiles?.includes(part) ?? false);
      })
      .map(([name]) => [name, randomBytes(36).toString('base64url')]),
  );
}

/** In one step, for its owner alone: whoever reads it sees the whole of it or the one before. */
export function writeSecretFile(path, text) {
  const target = realpathSync(path);
  const draft = `${target}.${process.pid}.new`;
  rmSync(draft, { force: true });
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, target);
}

function generate(path, rules) {
  const text = readFileSync(path, 'utf8');
  const secrets = secretsFor(text, rules);
  const names = Object.keys(secrets);
  if (names.length > 0) {
    writeSecretFile(path, fillEnvFile(text, secrets));
    console.log(`  Filled in: ${names.join(', ')}. Nothing that was filled has been touched.`);
    console.log(
      '  Where it had been started with them empty, others were made up then and are in use: these sign everybody out, and Grafana keeps its old password.',
    );
  } else {
    chmodSync(path, 0o600);
    console.log('  Nothing to fill in.');
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    options: { generate: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  if (positionals.length > 1) throw new Error('It takes one file.');
  const [given] = positionals;
  // npm starts it in the checkout; the name was given where the person stands.
  const path = given === undefined ? join(ROOT, '.env') : resolve(process.env.INIT_CWD ?? '.', given);
  if (!existsSync(path)) {
    throw new Error(`There is no ${path}: cp env.production.example ${basename(path)}, then fill it in.`);
  }
  const rules = await loadRules();
  if (values.generate) generate(path, rules);
  const { faults, notes } = checkEnv(readFileSync(path, 'utf8'), rules);
  if ((statSync(path).mode & 0o077) !== 0) notes.push(`Others may read ${path}: chmod 600 it.`);
  for (const fault of faults) console.log(`  ✗ ${fault}`);
  for (const note of notes) console.log(`  ! ${note}`);
  console.log(faults.length === 0 ? `\n${path} is valid.` : `\n${path}: ${faults.length} wrong.`);
  return faults.length === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().then(
    (code) => process.exit(code),
    (error) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(2);
    },
  );
}
