// What an operator hears of a filled env file, and what `--generate` does to it.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import * as compose from '../backend/src/config/compose-variables.ts';
import * as reading from '../backend/src/config/read-variables.ts';
import * as variables from '../backend/src/config/variables.ts';
import { checkEnv, secretsFor, writeSecretFile } from './check-env.mjs';
import { fillEnvFile, parseEnvFile } from '../deploy/setup/env-file.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const rules = { ...reading, ...variables, ...compose };
const example = readFileSync(join(root, 'env.production.example'), 'utf8');
const STRONG = 'q7Zr0Jx2mVhB4tYkS9wLdE6uNcPgAf31oHiX8RbK';
/** Everything given, nothing left to the compose file. */
const FILLED = `NODE_ENV=production
PUBLIC_URL=https://chat.example.org
DATABASE_URL=postgresql://app:${STRONG}@db:5432/chat
REDIS_URL=redis://cache:6379
S3_ACCESS_KEY_ID=AKIA3F7Q2M9X
S3_SECRET_ACCESS_KEY=${STRONG}
ACCESS_TOKEN_SECRET=${STRONG}
`;
/** The file with one line changed, or added where there is none of that name. */
const filledWith = (name, value) =>
  new RegExp(`^${name}=`, 'm').test(FILLED)
    ? FILLED.replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`)
    : `${FILLED}${name}=${value}\n`;
const faultsOf = (text) => checkEnv(text, rules).faults;

describe('env:check', () => {
  it('finds nothing in a filled file', () => {
    expect(checkEnv(FILLED, rules)).toEqual({ faults: [], notes: [] });
  });

  it('finds nothing in the example, once the secrets are filled in, and says what the first start makes up', () => {
    const { faults, notes } = checkEnv(fillEnvFile(example, secretsFor(example, rules)), rules);
    expect(faults).toEqual([]);
    expect(notes.join('\n')).toMatch(/PUBLIC_URL, DATABASE_URL, REDIS_URL: left to the first start/);
  });

  it('asks for what is not made up, where the part that would be is not run here', () => {
    const elsewhere = example.replace(
      'COMPOSE_PROFILES=postgres,redis,s3,monitoring',
      'COMPOSE_PROFILES=monitoring',
    );
    const names = faultsOf(elsewhere).map((fault) => fault.split(' ')[0]);
    expect(names).toEqual([
      'DATABASE_URL',
      'REDIS_URL',
      'S3_ACCESS_KEY_ID',
      'S3_SECRET_ACCESS_KEY',
      'S3_ENDPOINT',
    ]);
  });

  it('names every fault at once, and no value', () => {
    const values = { PORT: 'eighty', LOG_LEVEL: 'loudest', HTTPS_PORT: '99999', TLS_DIR: 'certificates' };
    let text = FILLED;
    for (const [name, value] of Object.entries(values)) text += `${name}=${value}\n`;
    const faults = faultsOf(text);
    expect(faults.map((fault) => fault.split(' ')[0]).sort()).toEqual(Object.keys(values).sort());
    for (const value of Object.values(values)) expect(faults.join('\n')).not.toContain(value);
  });

  it.each([
    ['ACCESS_TOKEN_SECRET', 'parley-development-access-token-secret', 'development default'],
    ['ACCESS_TOKEN_SECRET', 'change-me-change-me-change-me-change-me', 'easy to guess'],
    ['DATABASE_URL', 'postgresql://parley:parley@127.0.0.1:5432/parley', 'development default'],
    ['GRAFANA_ADMIN_PASSWORD', 'admin', 'at least 12'],
  ])('refuses %s=%s', (name, value, why) => {
    const faults = faultsOf(filledWith(name, value));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(name);
    expect(faults[0]).toContain(why);
  });

  it.each([
    ['RATE_LIMIT_SCALES', 'RATE_LIMIT_SCALE'],
    ['DATABSE_POOL_SIZE', 'DATABASE_POOL_SIZE'],
    ['public_url', 'PUBLIC_URL'],
    ['ACESS_TOKEN_SECRET_FILE', 'ACCESS_TOKEN_SECRET_FILE'],
    ['GRAFANA_PROT', 'GRAFANA_PORT'],
  ])('asks whether %s was to be %s', (name, meant) => {
    expect(faultsOf(`${FILLED}${name}=1\n`)).toEqual([
      `${name} (line 8) is read by nobody: did you mean ${meant}?`,
    ]);
  });

  it('only mentions what resembles nothing, and is silent about what the compose file reads', () => {
    const { faults, notes } = checkEnv(
      `${FILLED}MY_OWN_NOTE=1\nGRAFANA_BIND=0.0.0.0\nPOSTGRES_PASSWORD=${STRONG}\n`,
      rules,
    );
    expect(faults).toEqual([]);
    expect(notes).toEqual(['MY_OWN_NOTE (line 8) is read by nobody here.']);
  });

  // Whoever takes a default install and changes these lines.
  it.each([
    ['BACKEND_REPLICAS=20', 'POSTGRES_MAX_CONNECTIONS is 200', 'BACKEND_REPLICAS=12'],
    ['DATABASE_POOL_SIZE=45', 'POSTGRES_MAX_CONNECTIONS is 200', 'DATABASE_POOL_SIZE=44'],
    ['PUBLIC_URL=https://chat.example.org:8443', 'port 8443', 'PUBLIC_URL=https://chat.example.org'],
    ['HTTPS_PORT=8443', 'listens on 8443', 'HTTPS_PORT=8443\nTRUSTED_PROXIES=10.0.0.0/8'],
    ['PUBLIC_URL=http://chat.example.org', 'PUBLIC_URL is http', 'PUBLIC_URL=https://chat.example.org'],
    ['ALERTMANAGER_CONFIG=webhook.yml', 'ALERT_WEBHOOK_URL is empty', 'ALERTMANAGER_CONFIG=alertmanager.yml'],
    [
      'ALERT_WEBHOOK_URL=https://hooks.example.org/x',
      'nobody is told',
      'ALERT_WEBHOOK_URL=https://hooks.example.org/x\nALERTMANAGER_CONFIG=webhook.yml',
    ],
    ['ACCESS_TOKEN_SECRET=\nACCESS_TOKEN_SECRET_FILE=/x', 'has no effect in docker-compose', ''],
    ['SOCKETS_PER_INSTANCE=70000', 'BACKEND_NOFILE', 'SOCKETS_PER_INSTANCE=60000'],
    // What its reader refuses, each by its own letters.
    ['POSTGRES_SHARED_BUFFERS=512mb', 'must be a size such as', 'POSTGRES_SHARED_BUFFERS=512MB'],
    ['POSTGRES_SHARED_BUFFERS=65536', 'must be a size such as', 'POSTGRES_SHARED_BUFFERS=65536kB'],
    ['PROMETHEUS_RETENTION_SIZE=10gb', 'must be a size such as', 'PROMETHEUS_RETENTION_SIZE=10GB'],
    ['REDIS_MAXMEMORY=1 gb', 'must be a size such as', 'REDIS_MAXMEMORY=1gb'],
    [
      'COMPOSE_PROFILES=postgres,redis',
      'S3_ENDPOINT is not set',
      'COMPOSE_PROFILES=postgres,redis\nS3_ENDPOINT=',
    ],
    ['POSTGRES_SHARED_BUFFERS=1500MB', 'POSTGRES_MEMORY', 'POSTGRES_SHARED_BUFFERS=1GB'],
  ])('of a composed install refuses %s', (wrong, why, right) => {
    const of = (lines) => {
      const names = lines.split('\n').map((line) => line.split('=')[0]);
      const base = `${FILLED}COMPOSE_PROFILES=postgres,redis,s3,monitoring\n`;
      const kept = base.split('\n').filter((line) => !names.includes(line.split('=')[0]));
      return faultsOf(`${kept.join('\n')}${lines}\n`);
    };
    expect(of(wrong).join('\n')).toContain(why);
    expect(of(right)).toEqual([]);
  });

  it('counts the connections that a process really opens', () => {
    const pool = readFileSync(join(root, 'backend/src/infra/database/log-pool.ts'), 'utf8');
    expect(/LOG_POOL_SIZE = (\d+);/.exec(pool)?.[1]).toBe(String(rules.LOG_CONNECTIONS));
  });

  it('judges a file without NODE_ENV as production, and warns of one that is not', () => {
    const without = checkEnv('PORT=3000\n', rules);
    expect(without.faults.length).toBeGreaterThan(3);
    expect(without.notes.join()).toMatch(/NODE_ENV is not set/);
    const development = checkEnv('NODE_ENV=development\n', rules);
    expect(development.faults).toEqual([]);
    expect(development.notes.join()).toMatch(/secrets that everybody knows/);
  });
});

describe('an env file', () => {
  it('is read as docker compose reads it', () => {
    const { entries, faults } = parseEnvFile(
      '# note\n\nexport A=1\nB = two words # note\nC=\'$kept # here\'\nD="a \\"b\\"" # note\nE=\nF=x#y\nG= # note\r\n',
    );
    expect(faults).toEqual([]);
    expect(entries.map(({ name, value }) => [name, value])).toEqual([
      ['A', '1'],
      ['B', 'two words'],
      ['C', '$kept # here'],
      ['D', 'a "b"'],
      ['E', ''],
      ['F', 'x#y'],
      ['G', ''],
    ]);
  });

  it('is refused where it would not mean what it seems to', () => {
    const { faults } = parseEnvFile('A=1\nA=2\nnonsense\nB=pa$word\nC="open\n');
    expect(faults).toHaveLength(4);
    expect(faults[0]).toMatch(/^A is set twice, in lines 1 and 2/);
    expect(faults[1]).toMatch(/^Line 3 /);
    expect(faults[2]).toMatch(/^B holds a \$/);
    expect(faults[3]).toMatch(/^C begins with a quote/);
    expect(faults.join()).not.toMatch(/pa\$word|open\b/);
  });
});

describe('env:check --generate', () => {
  it('fills in what is empty or missing, and nothing else', () => {
    const text =
      'COMPOSE_PROFILES=s3\nS3_ACCESS_KEY_ID=mine\nS3_SECRET_ACCESS_KEY=""  # of the store\n# the rest\n';
    const secrets = secretsFor(text, rules);
    expect(Object.keys(secrets).sort()).toEqual(['ACCESS_TOKEN_SECRET', 'S3_SECRET_ACCESS_KEY']);
    expect(fillEnvFile(text, secrets)).toBe(
      `COMPOSE_PROFILES=s3\nS3_ACCESS_KEY_ID=mine\nS3_SECRET_ACCESS_KEY=${secrets.S3_SECRET_ACCESS_KEY}  # of the store\n` +
        `# the rest\nACCESS_TOKEN_SECRET=${secrets.ACCESS_TOKEN_SECRET}\n`,
    );
  });

  it('leaves what comes from a file, what can not be read, and the keys of a store that is run elsewhere', () => {
    expect(secretsFor('ACCESS_TOKEN_SECRET_FILE=/run/secrets/token\n', rules)).toEqual({});
    expect(secretsFor('ACCESS_TOKEN_SECRET=pa$word\n', rules)).toEqual({});
    expect(secretsFor(FILLED, rules)).toEqual({});
  });

  it('makes secrets that pass, and never the same twice', () => {
    const [first, second] = [secretsFor(example, rules), secretsFor(example, rules)];
    expect(Object.keys(first).length).toBe(4);
    expect(new Set([...Object.values(first), ...Object.values(second)]).size).toBe(8);
  });

  const folder = mkdtempSync(join(tmpdir(), 'parley-env-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('writes the file for its owner alone, through a link, and leaves no draft', () => {
    const real = join(folder, 'real');
    const link = join(folder, '.env');
    writeFileSync(real, 'A=1\n');
    chmodSync(real, 0o644);
    symlinkSync(real, link);
    writeSecretFile(link, 'A=2\n');
    expect(readFileSync(real, 'utf8')).toBe('A=2\n');
    expect(statSync(real).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['.env', 'real']);
  });

  it('is what the command does', () => {
    const path = join(folder, 'filled.env');
    writeFileSync(path, example);
    const command = (...args) =>
      spawnSync(process.execPath, [join(root, 'scripts', 'check-env.mjs'), path, ...args], {
        encoding: 'utf8',
      });
    const first = command('--generate');
    expect(first.stdout).toMatch(
      /Filled in: ACCESS_TOKEN_SECRET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, GRAFANA/,
    );
    expect(first.stdout).toMatch(/is valid\./);
    expect(first.status).toBe(0);
    const text = readFileSync(path, 'utf8');
    expect(first.stdout).not.toContain(/^ACCESS_TOKEN_SECRET=(.+)$/m.exec(text)?.[1]);
    expect(command('--generate').stdout).toMatch(/Nothing to fill in/);
    expect(readFileSync(path, 'utf8')).toBe(text);
    writeFileSync(path, text.replace('PORT=3000', 'PORT=many'));
    const broken = command();
    expect(broken.stdout).toMatch(/✗ PORT must be a whole number/);
    expect(broken.status).toBe(1);
    expect(command('another.env').status).toBe(2);
  });
});
