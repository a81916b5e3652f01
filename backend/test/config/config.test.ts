import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Config, VARIABLE_NAMES } from '../../src/config/config.js';
import { COMPOSE_SECRETS, COMPOSE_VARIABLES } from '../../src/config/compose-variables.js';
import { ConfigurationError } from '../../src/config/read-variables.js';
import { renderExample } from '../../src/config/render-example.js';
import type { Variable } from '../../src/config/variable.js';
import { VARIABLES } from '../../src/config/variables.js';

const STRONG = 'q7Zr0Jx2mVhB4tYkS9wLdE6uNcPgAf31oHiX8RbK';
const PRODUCTION = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://chat.example.org',
  DATABASE_URL: `postgresql://app:${STRONG}@db:5432/chat`,
  REDIS_URL: 'redis://cache:6379',
  S3_ACCESS_KEY_ID: 'AKIA3F7Q2M9X',
  S3_SECRET_ACCESS_KEY: STRONG,
  ACCESS_TOKEN_SECRET: STRONG,
};

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    Config.read(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}

describe('config', () => {
  it('needs nothing in development', () => {
    const config = Config.read({});
    expect(config.http.publicUrl).toBe('http://localhost:3000');
    expect(config.limits.messagesPerMinute).toBe(100);
    expect(config.http.secureCookies).toBe(false);
  });

  it('takes a complete production environment', () => {
    const config = Config.read(PRODUCTION);
    expect(config.production).toBe(true);
    expect(config.http.secureCookies).toBe(true);
    expect([...config.http.allowedOrigins]).toEqual(['https://chat.example.org']);
  });

  it('names every fault at once, and no value', () => {
    const environment = {
      PORT: 'eighty',
      LOG_LEVEL: 'loud',
      PUBLIC_URL: 'https://chat.example.org/chat',
      ALLOWED_ORIGINS: 'https://a.example, ftp://b.example',
      S3_FORCE_PATH_STYLE: 'yes',
      RATE_LIMIT_SCALE: '0',
      REDIS_URL: 'http://cache',
    };
    const faults = faultsOf(environment);
    expect(faults.map((fault) => fault.split(' ')[0]).sort()).toEqual(Object.keys(environment).sort());
    for (const value of Object.values(environment).filter((text) => text.length > 4)) {
      expect(faults.join('\n')).not.toContain(value);
    }
  });

  it('refuses to start production without what it needs', () => {
    const missing = faultsOf({ NODE_ENV: 'production' });
    for (const name of Object.keys(PRODUCTION).filter((key) => key !== 'NODE_ENV')) {
      expect(missing.some((fault) => fault.startsWith(`${name} is required in production`))).toBe(true);
    }
  });

  it.each([
    ['ACCESS_TOKEN_SECRET', 'parley-development-access-token-secret'],
    ['ACCESS_TOKEN_SECRET', 'short'],
    ['ACCESS_TOKEN_SECRET', 'a'.repeat(64)],
    ['ACCESS_TOKEN_SECRET', 'change-me-change-me-change-me-change-me'],
    ['ACCESS_TOKEN_SECRET', 'my-secret-password-for-parley-production'],
    ['S3_SECRET_ACCESS_KEY', 'parley-development'],
    ['S3_SECRET_ACCESS_KEY', 'minioadmin'],
    ['DATABASE_URL', 'postgresql://parley:parley@127.0.0.1:5432/parley'],
    ['DATABASE_URL', 'postgresql://app:postgres@db:5432/chat'],
    ['DATABASE_URL', 'postgresql://longusername1:longusername1@db:5432/chat'],
    ['REDIS_URL', 'redis://:redis@cache:6379'],
  ])('refuses a known or weak %s in production (%s)', (name, value) => {
    const faults = faultsOf({ ...PRODUCTION, [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name} `));
  });

  it('multiplies every limit by RATE_LIMIT_SCALE', () => {
    const plain = Config.read({}).limits;
    const scaled = Config.read({ RATE_LIMIT_SCALE: '2.5' }).limits;
    for (const [name, amount] of Object.entries(plain)) {
      expect(scaled).toHaveProperty(name, Math.round(amount * 2.5));
    }
  });

  describe('secrets from files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-config-'));
    const file = join(folder, 'secret');
    writeFileSync(file, `${STRONG}\n`);
    afterAll(() => {
      rmSync(folder, { recursive: true });
    });

    it('reads NAME_FILE, without the line end', () => {
      const { ACCESS_TOKEN_SECRET: _, ...rest } = PRODUCTION;
      expect(Config.read({ ...rest, ACCESS_TOKEN_SECRET_FILE: file }).tokens.secret).toBe(STRONG);
    });

    it('refuses both forms at once, and a file that is not there', () => {
      expect(faultsOf({ ...PRODUCTION, ACCESS_TOKEN_SECRET_FILE: file })[0]).toMatch(/set twice/);
      expect(faultsOf({ REDIS_URL_FILE: join(folder, 'nothing') })[0]).toMatch(/^REDIS_URL can not be read/);
    });
  });

  it('is what env.production.example says; `vitest -u` writes it anew', async () => {
    await expect(renderExample()).toMatchFileSnapshot('../../../env.production.example');
  });

  it('has every variable in env.production.example once', () => {
    const names = [...renderExample().matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1]);
    expect(names.sort()).toEqual([...VARIABLE_NAMES, ...Object.keys(COMPOSE_VARIABLES)].sort());
  });

  it('tells of each variable what it is for, what it takes, whether it is required, and what goes wrong', () => {
    const entries = renderExample()
      .split(/\n\n/)
      .filter((entry) => /^(# )?[A-Z][A-Z0-9_]*=/m.test(entry));
    expect(entries).toHaveLength(VARIABLE_NAMES.length + Object.keys(COMPOSE_VARIABLES).length);
    for (const entry of entries) {
      expect(entry.replaceAll(/\n# /g, ' ')).toMatch(
        /^# \S.{15,}\. (Required|Optional)\..*If wrong: \S.{15,}[ \n][A-Z][A-Z0-9_]*=/s,
      );
    }
  });

  it('takes its own defaults', () => {
    for (const [name, { default: value, parse }] of Object.entries(COMPOSE_VARIABLES)) {
      if (value) expect(() => parse?.(value), name).not.toThrow();
    }
  });

  describe('docker-compose.production.yml', () => {
    const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
    const compose = read('docker-compose.production.yml');
    const setup = read('deploy/setup/make-secrets.mjs');
    /** Compose itself reads it. */
    const BY_COMPOSE = 'COMPOSE_PROFILES';

    it('has the defaults that are told', () => {
      for (const [name, { default: value }] of Object.entries(COMPOSE_VARIABLES)) {
        if (name === BY_COMPOSE || COMPOSE_SECRETS.includes(name)) continue;
        const written = new RegExp(`\\$\\{${name}:-([^}]*)\\}`).exec(compose)?.[1];
        expect(written, name).toBe(value ?? 'tls');
      }
    });

    it('reads nothing that is not told, and hands on everything that is', () => {
      const replaced = [...compose.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name);
      const handedOn = [...compose.matchAll(/^ {4}([A-Z0-9_]+):$/gm)].map(([, name]) => name);
      const fromFile = [...setup.matchAll(/(?:given|require|keep)\((?:'[^']*', )?'([A-Z][A-Z0-9_]+)'/g)].map(
        ([, name]) => name,
      );
      const store = [...setup.matchAll(/^ {2}\['s3_\w+', '([A-Z0-9_]+)'\],$/gm)].map(([, name]) => name);
      // The file sets these itself, whatever is told.
      const own = ['NODE_ENV', 'HOST', 'PORT', 'WORKER_PORT', 'TRUST_PROXY_HOPS', 'WEB_ROOT'];
      expect([...new Set([...replaced, ...handedOn, ...fromFile, ...store, ...own])].sort()).toEqual(
        [...VARIABLE_NAMES, ...Object.keys(COMPOSE_VARIABLES)].sort(),
      );
    });

    it('lets no secret into an environment', () => {
      const secrets = Object.entries<Variable<unknown>>(VARIABLES).filter(([, { secret }]) => secret);
      for (const name of [...secrets.map(([key]) => key), ...COMPOSE_SECRETS]) {
        expect(compose, name).not.toMatch(new RegExp(`^ +${name}:|\\$\\{${name}\\b`, 'm'));
      }
      expect(compose).not.toMatch(/env_file/);
    });
  });
});
