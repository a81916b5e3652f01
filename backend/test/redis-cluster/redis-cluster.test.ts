import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisClusterForTests } from '../../../scripts/redis-cluster.mjs';
import { startRedisCluster } from '../../../scripts/redis-cluster.mjs';
import { Config } from '../../src/config/config.js';
import { createWorker } from '../../src/create-app.js';
import type { Connection, Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

const LIMIT = 100;

describe('on a Redis Cluster of three nodes', () => {
  let folder: string;
  let redis: RedisClusterForTests;
  let installation: Installation;
  let anna: Person;
  let bob: Person;
  /** On different instances. */
  let annas: Connection;
  let bobs: Connection;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-redis-cluster-'));
    redis = await startRedisCluster(folder);
    const options = { redisUrl: redis.urls.join(','), environment: { RATE_LIMIT_SCALE: '1' } };
    installation = await Installation.start([options, options]);
    [anna, bob] = (await installation.people('anna', 'bob')) as [Person, Person];
    [annas, bobs] = await Promise.all([installation.connect(anna, 0), installation.connect(bob, 1)]);
  });
  afterAll(async () => {
    await installation.stop();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const send = (from: Connection, conversationId: string, text: string): ReturnType<Connection['send']> =>
    from.send('message:send', { conversationId, clientMessageId: randomUUID(), text });
  const hears = (whose: Connection, wanted: string, milliseconds?: number): Promise<unknown> =>
    whose.next('changes', ({ messages }) => messages.some(({ text }) => text === wanted), milliseconds);

  it('instances chat, whatever the slots of their rooms', async () => {
    for (let index = 0; index < 6; index += 1) {
      const { id } = await installation.start(anna, [bob]);
      await bobs.next('conversation', ({ conversation }) => conversation.id === id);
      const text = `in room ${String(index)}`;
      await expect(send(annas, id, text)).resolves.toMatchObject({ ok: true });
      // Sooner than any sweep: it came by the bus.
      await hears(bobs, text, 1_500);
    }
  });

  it('tell who types and who is there, of more people than one slot holds', async () => {
    const { id } = await installation.start(anna, [bob]);
    await bobs.next('conversation', ({ conversation }) => conversation.id === id);
    await annas.command('typing:start', { conversationId: id });
    await expect(bobs.next('typing', ({ conversationId }) => conversationId === id)).resolves.toMatchObject({
      userIds: [anna.user.id],
    });
    const others = await installation.people(...Array.from({ length: 8 }, () => 'carl'));
    await installation.start(anna, [bob, ...others]);
    await Promise.all(others.map((person) => installation.connect(person, 1)));
    const userIds = [bob, ...others].map(({ user }) => user.id);
    await expect
      .poll(
        async () => (await annas.command('presence:watch', { userIds })).items.map(({ status }) => status),
        {
          timeout: 10_000,
        },
      )
      .toEqual(userIds.map(() => 'online'));
  });

  it('count a limit over all instances', async () => {
    const [carla] = (await installation.people('carla')) as [Person];
    const { id } = await installation.start(carla, [bob]);
    const [here, there] = await Promise.all([installation.connect(carla, 0), installation.connect(carla, 1)]);
    const acks = await Promise.all(
      Array.from({ length: LIMIT + 10 }, (_, index) =>
        send(index % 2 === 0 ? here : there, id, `message ${String(index)}`),
      ),
    );
    expect(acks.filter(({ ok }) => ok)).toHaveLength(LIMIT);
  });

  it('holds the queue of the worker', async () => {
    const { database } = installation;
    const pending = async (): Promise<unknown> =>
      (await database.query<{ count: number }>('SELECT count(*)::int FROM outbox WHERE done_at IS NULL'))[0]
        ?.count;
    expect(await pending()).toBeGreaterThan(0);
    const worker = await createWorker(
      Config.read({ DATABASE_URL: database.url, REDIS_URL: redis.urls.join(','), LOG_LEVEL: 'error' }),
    );
    try {
      await worker.listen(0, '127.0.0.1');
      await expect.poll(pending, { timeout: 15_000 }).toBe(0);
    } finally {
      await worker.close();
    }
  });

  it('goes on when a node dies: sends are acknowledged and arrive', async () => {
    const { id } = await installation.start(anna, [bob]);
    await bobs.next('conversation', ({ conversation }) => conversation.id === id);
    await redis.nodes[1]?.kill();
    const texts = Array.from({ length: 10 }, (_, index) => `without a node ${String(index)}`);
    for (const text of texts) {
      await expect(send(annas, id, text)).resolves.toMatchObject({ ok: true });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    for (const text of texts) await hears(bobs, text, 10_000);
  });
});
