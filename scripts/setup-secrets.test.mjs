// What the compose file's `setup` tells exporters, and what it refuses, by the program itself.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { postgresExporterUri, redisExporterTargets, redisUrls } from '../deploy/setup/watched-services.mjs';
import { ROOT } from './places.mjs';

describe('what exporters are told', () => {
  it.each([
    ['', 'disable'],
    ['?sslmode=disable', 'disable'],
    ['?sslmode=no-verify', 'require'],
    ['?sslmode=require', 'verify-full'],
    ['?uselibpqcompat=true&sslmode=require', 'require'],
    ['?sslmode=verify-full', 'verify-full'],
  ])('PostgreSQL with "%s" is asked with %s', (query, mode) => {
    const address = new URL(`postgresql://parley:secret@db.example.com:5432/parley${query}`);
    expect(postgresExporterUri(address)).toBe(`db.example.com:5432/parley?sslmode=${mode}`);
  });

  it('a cluster is asked node by node, with the account of the first', () => {
    const told = redisExporterTargets({
      cache: redisUrls('rediss://chat:a%2Fb@one:7000, rediss://other:account@two:7001,rediss://three'),
      jobs: redisUrls('redis://:jobs@queue'),
    });
    expect(told.passwords).toEqual({
      'redis://queue:6379': 'jobs',
      'rediss://chat@one:7000': 'a/b',
      'rediss://chat@two:7001': 'a/b',
      'rediss://chat@three:6379': 'a/b',
    });
    expect(told.targets.map(({ targets: [address], labels: { use } }) => `${use} ${address}`)).toEqual([
      'jobs redis://queue:6379',
      'cache rediss://chat@one:7000',
      'cache rediss://chat@two:7001',
      'cache rediss://chat@three:6379',
    ]);
  });
});

describe('setup', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-setup-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function run(text, environment) {
    const file = join(folder, '.env');
    writeFileSync(file, text);
    const program = join(ROOT, 'deploy/setup/make-secrets.mjs');
    const { status, stderr } = spawnSync(process.execPath, [program, file, join(folder, 'secrets')], {
      env: { PATH: process.env.PATH, ...environment },
      encoding: 'utf8',
    });
    return { status, stderr };
  }

  it.each([
    ['DATABASE_URL', 'DATABASE_URL=postgresql://parley:hidden/word@db:5432/parley'],
    ['REDIS_URL', 'REDIS_URL=rediss://:hidden/word@one:6379'],
  ])('names %s where it is no address, and shows nothing of it', (name, line) => {
    // An account other than root may not give files away: what it can not do comes later.
    const told = run(`${line}\n`, { COMPOSE_PROFILES: 'postgres,redis,s3' });
    if (process.getuid() === 0) expect(told.stderr).toContain(`${name} is not an address`);
    expect(told.status).not.toBe(0);
    expect(told.stderr).not.toContain('hidden');
  });

  it('asks for the file store that is neither here nor elsewhere', () => {
    const profiles = { COMPOSE_PROFILES: 'postgres,redis' };
    expect(run('# nothing\n', profiles)).toEqual({
      status: 1,
      stderr: 'S3_ENDPOINT is not set (empty: AWS), and `s3` is not in COMPOSE_PROFILES.\n',
    });
    expect(run('S3_ENDPOINT=\n', profiles).stderr).not.toContain('S3_ENDPOINT');
  });
});
