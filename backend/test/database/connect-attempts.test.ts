import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/infra/database/database.js';
import { Installation } from '../_support/installation.js';
import { startTcpProxy, type TcpProxy } from '../_support/tcp-proxy.js';

describe('while PostgreSQL takes connections and says nothing', () => {
  let installation: Installation;
  let behind: Installation;
  let proxy: TcpProxy;
  beforeAll(async () => {
    installation = await Installation.start();
    proxy = await startTcpProxy(installation.database.url);
    behind = await Installation.startOn(installation, { databaseUrl: proxy.url });
  });
  afterAll(async () => {
    await behind.closeInstances();
    await proxy.close();
    await installation.stop();
  });

  it('one connection at a time is tried, and all of the pool as soon as it answers', async () => {
    const database = behind.part(Database);
    const size = database.pool.options.max;
    const ask = () =>
      Promise.allSettled(Array.from({ length: 3 * size }, () => database.query('SELECT pg_sleep(0.02)')));
    const askFor = async (ms: number) => {
      for (const end = Date.now() + ms; Date.now() < end; await pause(100)) void ask();
    };
    await ask();
    expect(database.pool.totalCount).toBe(size);

    proxy.freeze();
    // It finds out that its connections are of no use (1.9 s), and that no new one is made (1.5 s).
    await askFor(5_000);
    const before = proxy.opened;
    await askFor(5_000);
    // Three or four tries one after the other, of each of the two pools.
    expect(proxy.opened - before).toBeGreaterThanOrEqual(3);
    expect(proxy.opened - before).toBeLessThanOrEqual(10);

    proxy.heal();
    const end = Date.now() + 10_000;
    while (database.pool.totalCount < size && Date.now() < end) await ask();
    expect(database.pool.totalCount).toBe(size);
  }, 60_000);
});
