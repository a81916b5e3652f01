import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
/** It is read every 2 s. */
const SOON = { timeout: 12_000, interval: 100 };

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

  it('is changed for one process without Redis, and back', () => {
    const levels = started.app.get(LogLevels);
    levels.toggleDebug();
    expect(logger.level).toBe('debug');
    levels.toggleDebug();
    expect(logger.level).toBe('error');
  });
});
