import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tied } from '../../../scripts/tied-process.mjs';
import { LogLevels } from '../../src/infra/logger/log-levels.js';
import { Logger } from '../../src/infra/logger/logger.js';
import type { StartedApp } from '../_support/start-app.js';
import { startApp } from '../_support/start-app.js';
import type { TcpProxy } from '../_support/tcp-proxy.js';
import { startTcpProxy } from '../_support/tcp-proxy.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';
import { testServices } from '../_support/test-services.js';

const SCRIPT = fileURLToPath(new URL('../../image/log-level.mjs', import.meta.url));
/** What the image runs. */
const API = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
/** It is read every 2 s. */
const SOON = { timeout: 12_000, interval: 100 };
/** A process beside all others of the run has a part of a core. */
const STARTED = { timeout: 30_000, interval: 100 };
const MINUTE_MS = 60_000;

describe('the level of the log', () => {
  let database: TestDatabase;
  let redis: TcpProxy;
  let started: StartedApp;
  let logger: Logger;

  beforeAll(async () => {
    database = await createTestDatabase();
    redis = await startTcpProxy(testServices().redisUrl);
    started = await startApp({
      databaseUrl: database.url,
      redisUrl: redis.url,
      environment: { LOG_LEVEL: 'error' },
    });
    logger = started.app.get(Logger);
  });
  afterAll(async () => {
    await started.close();
    await redis.close();
    await database.drop();
  });

  function run(...given: string[]): number | null {
    const environment = { ...process.env, DATABASE_URL: database.url, REDIS_URL: testServices().redisUrl };
    return spawnSync(process.execPath, [SCRIPT, ...given], { env: environment, timeout: 10_000 }).status;
  }

  it('is changed for all processes by the script, and ends by itself, also while Redis is away', async () => {
    expect(run('loudest')).toBe(2);
    expect(run('warn', '0.1')).toBe(0);
    await expect.poll(() => logger.level, SOON).toBe('warn');
    redis.cut();
    await expect.poll(() => logger.level, SOON).toBe('error');
    redis.heal();
    expect(run('default')).toBe(0);
  });

  it('is changed for one process by SIGUSR2, without Redis, and back', async () => {
    const { process: api, log } = runApi();
    try {
      const url = await vi.waitUntil(() => /The API listens on (\S+)/.exec(log())?.[1], STARTED);
      redis.cut();
      await ask(url);
      api.kill('SIGUSR2');
      await expect.poll(log, SOON).toContain('The log level changes from=info to=debug');
      const meanwhile = await ask(url);
      await expect.poll(() => answersIn(log()), SOON).toEqual([meanwhile]);
      api.kill('SIGUSR2');
      await expect.poll(log, SOON).toContain('The log level changes from=debug to=info');
      await ask(url);
      redis.heal();
      // Its log is whole once it has ended: a line that is missing then does not come later.
      const ended = once(api, 'close');
      api.kill('SIGTERM');
      await ended;
      expect(api.exitCode).toBe(0);
      expect(answersIn(log()), 'neither the one before nor the one after').toEqual([meanwhile]);
    } finally {
      api.kill('SIGKILL');
      redis.heal();
    }
  });

  it('ends by itself a quarter of an hour after a signal', async () => {
    const levels = started.app.get(LogLevels);
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      levels.toggleDebug();
      vi.setSystemTime(Date.now() + 14 * MINUTE_MS);
      // It has not ended yet, so the next one ends it.
      levels.toggleDebug();
      expect(logger.level).toBe('error');
      levels.toggleDebug();
      expect(logger.level).toBe('debug');
      vi.setSystemTime(Date.now() + 15 * MINUTE_MS);
      await expect.poll(() => logger.level, SOON).toBe('error');
    } finally {
      vi.useRealTimers();
    }
  });

  function runApi(): { process: ChildProcess; log: () => string } {
    const { command, args } = tied({ command: process.execPath, args: [API] }, 'SIGKILL');
    const child = spawn(command, args, {
      env: {
        ...process.env,
        NODE_ENV: 'test',
        PORT: '0',
        LOG_LEVEL: 'info',
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let log = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text));
    return { process: child, log: () => log };
  }
});

/** One request, which is a line at debug; answers its id. */
async function ask(url: string): Promise<string> {
  const id = randomUUID();
  const { status } = await fetch(`${url}/health`, { headers: { 'x-request-id': id } });
  expect(status).toBe(200);
  return id;
}

/** The ids of the requests whose answers a log tells of. */
function answersIn(log: string): string[] {
  return [...log.matchAll(/ A request was answered .*\brequestId=(\S+)/g)].map(([, id]) => id ?? '');
}
