import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Config } from '../../src/config/config.js';
import { createWorker } from '../../src/create-app.js';
import { newId } from '../../src/infra/new-id.js';
import type { TcpProxy } from '../_support/tcp-proxy.js';
import { startTcpProxy } from '../_support/tcp-proxy.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';
import { testServices } from '../_support/test-services.js';

describe('the worker', () => {
  let database: TestDatabase;
  let redis: TcpProxy;
  let worker: NestFastifyApplication;
  let url: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    // A numbered database of its own: two workers on one queue would take each other's jobs.
    redis = await startTcpProxy(`${testServices().redisUrl}/9`);
    worker = await createWorker(
      Config.read({ DATABASE_URL: database.url, REDIS_URL: redis.url, LOG_LEVEL: 'error' }),
    );
    await worker.listen(0, '127.0.0.1');
    url = await worker.getUrl();
  });
  afterAll(async () => {
    await worker.close();
    await redis.close();
    await database.drop();
  });

  async function add(count: number): Promise<void> {
    await database.query(
      `INSERT INTO outbox (conversation_id, rev, created_at) SELECT $1, n, now() FROM generate_series(1, $2) n`,
      [newId(), count],
    );
  }
  async function pending(): Promise<number> {
    const [row] = await database.query<{ count: number }>(
      'SELECT count(*)::int FROM outbox WHERE done_at IS NULL',
    );
    return row?.count ?? -1;
  }

  it('works every row of the outbox, more than fit into one batch', async () => {
    await add(1_200);
    await expect.poll(pending, { timeout: 20_000 }).toBe(0);
  });

  it('tells of what was written while the queue was away, and works it after', async () => {
    redis.cut();
    await add(20);
    // It looks every 5 s.
    const backlog = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
    await expect.poll(backlog, { timeout: 15_000 }).toMatch(/^parley_outbox_pending 20$/m);
    expect(await pending()).toBe(20);
    redis.heal();
    await expect.poll(pending, { timeout: 20_000 }).toBe(0);
  });

  it('tells its own health and metrics', async () => {
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      dependencies: { postgres: { state: 'up' }, queue: { state: 'up' } },
    });
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^parley_outbox_done_total 1220$/m);
    expect((await fetch(`${url}/api/v1/users/me`)).status).toBe(404);
  });
});
