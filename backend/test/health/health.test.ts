import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api } from '../_support/api.js';
import type { StartedApp } from '../_support/start-app.js';
import { startApp } from '../_support/start-app.js';
import type { TcpProxy } from '../_support/tcp-proxy.js';
import { startTcpProxy } from '../_support/tcp-proxy.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';
import { testServices } from '../_support/test-services.js';

describe('health', () => {
  let database: TestDatabase;
  let redis: TcpProxy;
  let postgres: TcpProxy;
  let started: StartedApp;
  let api: Api;

  beforeAll(async () => {
    database = await createTestDatabase();
    redis = await startTcpProxy(testServices().redisUrl);
    postgres = await startTcpProxy(database.url);
    started = await startApp({ databaseUrl: postgres.url, redisUrl: redis.url });
    api = new Api(started.baseUrl);
  });
  afterAll(async () => {
    await started.close();
    await redis.close();
    await postgres.close();
    await database.drop();
  });

  async function readyOnce(status: string): Promise<void> {
    await expect
      .poll(async () => (await api.request('GET /health/ready')).body.status, { timeout: 15_000 })
      .toBe(status);
  }

  it('tells each dependency with its latency', async () => {
    await readyOnce('ready');
    const { status, body } = await api.request('GET /health/ready');
    expect(status).toBe(200);
    expect(body.dependencies['postgres']).toMatchObject({ state: 'up', required: true });
    expect(body.dependencies['redis']).toMatchObject({ state: 'up', required: false });
    expect(body.dependencies['s3']).toMatchObject({ state: 'up', required: false });
    expect(body.dependencies['postgres']?.latencyMs).toBeGreaterThan(0);
  });

  it.each(['cut', 'freeze'] as const)(
    'is degraded, alive and signs people in while Redis is away (%s)',
    async (how) => {
      const before = await api.register();
      redis[how]();
      const ready = await api.request('GET /health/ready');
      expect(ready.status).toBe(200);
      expect(ready.body).toMatchObject({ status: 'degraded', dependencies: { redis: { state: 'down' } } });
      const figures = await (await fetch(`${started.baseUrl}/metrics`)).text();
      expect(figures).toContain('parley_dependency_up{dependency="redis"} 0');
      expect(figures).toContain('parley_dependency_up{dependency="postgres"} 1');
      expect((await api.request('GET /health')).status).toBe(200);

      const began = performance.now();
      await api.logIn(before.user.username, before.password);
      await api.register();
      // Each asks for a limit; a frozen Redis costs its deadline once, not every time.
      expect(performance.now() - began).toBeLessThan(2_000);

      redis.heal();
      await readyOnce('ready');
    },
  );

  it('is not ready, but alive, while PostgreSQL is away, and recovers by itself', async () => {
    postgres.cut();
    const ready = await api.request('GET /health/ready');
    expect(ready.status).toBe(503);
    expect(ready.body.status).toBe('unavailable');
    expect((await api.request('GET /health')).status).toBe(200);
    const refusal = await api.refusal('POST /auth/login', {
      body: { username: 'someone', password: 'something' },
    });
    expect(refusal).toMatchObject({ status: 503, code: 'UNAVAILABLE', retryable: true });

    postgres.heal();
    await readyOnce('ready');
    await api.register();
  });

  it('answers in time, as not ready, while PostgreSQL is frozen', async () => {
    postgres.freeze();
    const began = performance.now();
    expect((await api.request('GET /health/ready')).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(2_000);
    postgres.heal();
    await readyOnce('ready');
  });
});
