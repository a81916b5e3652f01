import { Redis } from 'ioredis';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';
import type { TcpProxy } from '../_support/tcp-proxy.js';
import { startTcpProxy } from '../_support/tcp-proxy.js';
import { testServices } from '../_support/test-services.js';

/** G8: what all watchers agree within. */
const AGREED = { timeout: 30_000 };
/** G12 for presence. */
const NO_LONGER_TOLD_MS = 20_000;
/** What happens at once takes a second or two. */
const SOON = { timeout: 10_000 };

let redis: Redis;
beforeAll(() => {
  redis = new Redis(testServices().redisUrl);
});
afterAll(() => {
  redis.disconnect();
});

async function watch(
  installation: Installation,
  watcher: Person,
  watched: readonly Person[],
  instance: number,
): Promise<Connection> {
  const connection = await installation.connect(watcher, instance);
  await connection.command('presence:watch', { userIds: watched.map(({ user }) => user.id) });
  return connection;
}

/** What the socket was told of the person, in order. */
function toldOf({ received }: Connection, { user }: Person): string[] {
  return received.flatMap(({ event, payload }) =>
    event === 'presence' && 'items' in payload
      ? payload.items.flatMap((item) => ('status' in item && item.userId === user.id ? [item.status] : []))
      : [],
  );
}

/** The leases under which Redis holds something of the person. */
async function heldOf({ user }: Person): Promise<string[]> {
  return Object.keys(await redis.hgetall(`presence:${user.id}`)).filter((field) => field !== 'seen');
}

/** Each test has people of its own, and they wait together. */
describe.concurrent('presence, while an instance dies and people are removed', () => {
  let installation: Installation;
  /** Between the third instance and Redis. */
  let way: TcpProxy;

  beforeAll(async () => {
    way = await startTcpProxy(testServices().redisUrl);
    installation = await Installation.start([{}, {}, { redisUrl: way.url }]);
  });
  afterAll(async () => {
    await installation.stop();
    await way.close();
  });

  it('tells all that the people of the dead instance are gone, and leaves nothing of them in Redis', async ({
    expect: expectHere,
  }) => {
    const [ann, bob, carl] = (await installation.people('ann', 'bob', 'carl')) as [Person, Person, Person];
    await installation.start(ann, [bob, carl]);
    const watchers = await Promise.all([0, 1].map((at) => watch(installation, ann, [bob, carl], at)));
    await installation.connect(bob, 2);
    await installation.connect(carl, 2);
    await installation.connect(carl, 1);
    for (const watcher of watchers) {
      await expectHere
        .poll(() => [toldOf(watcher, bob), toldOf(watcher, carl)], SOON)
        .toEqual([['online'], ['online']]);
    }
    await expectHere.poll(() => heldOf(carl), SOON).toHaveLength(2);

    // To the others it is as dead as after kill -9: it renews nothing and takes nothing back.
    way.cut();
    for (const watcher of watchers)
      await expectHere.poll(() => toldOf(watcher, bob), AGREED).toEqual(['online', 'offline']);
    await expectHere.poll(() => heldOf(bob), SOON).toEqual([]);
    await expectHere.poll(() => heldOf(carl), SOON).toHaveLength(1);
    // Who has a device elsewhere was there all the time.
    for (const watcher of watchers) expectHere(toldOf(watcher, carl)).toEqual(['online']);

    // It was not dead after all, and says so.
    way.heal();
    for (const watcher of watchers)
      await expectHere.poll(() => toldOf(watcher, bob), AGREED).toEqual(['online', 'offline', 'online']);
  });

  it('tells no longer of people with whom nothing is shared any more', async ({ expect: expectHere }) => {
    const [dora, emil] = (await installation.people('dora', 'emil')) as [Person, Person];
    const { id } = await installation.start(dora, [emil]);
    const watcher = await watch(installation, dora, [emil, dora], 0);
    await installation.api().call('DELETE /conversations/:id/members/:userId', {
      token: dora.token,
      params: { id, userId: emil.user.id },
    });
    await pause(NO_LONGER_TOLD_MS);
    await installation.connect(emil, 1);
    // One's own presence is always one's own to see, and changes after his.
    await watcher.command('presence:set', { status: 'away' });
    await expectHere.poll(() => toldOf(watcher, dora), SOON).toContain('away');
    await installation.connect(dora, 1);
    await expectHere.poll(() => toldOf(watcher, dora).at(-1), SOON).toBe('online');
    expectHere(toldOf(watcher, emil)).toEqual([]);
  });
});

describe('presence, while Redis forgets or is slow', () => {
  let installation: Installation;
  let way: TcpProxy;

  beforeAll(async () => {
    way = await startTcpProxy(testServices().redisUrl);
    installation = await Installation.start([{}, { redisUrl: way.url }]);
  });
  afterAll(async () => {
    await installation.stop();
    await way.close();
  });

  it('writes everybody again when Redis has forgotten all, and takes nobody for gone', async () => {
    const [fay, gus] = (await installation.people('fay', 'gus')) as [Person, Person];
    await installation.start(fay, [gus]);
    const watcher = await watch(installation, fay, [gus], 0);
    const phone = await installation.connect(gus, 1);
    await expect.poll(() => toldOf(watcher, gus), SOON).toEqual(['online']);
    const [held = ''] = await heldOf(gus);
    // What FLUSHALL does to presence; the Redis is shared with other tests.
    const name = new URL(installation.database.url).pathname.slice(1);
    const keys = ['instances', 'ended'].map((key) => `presence:{${name}}:${key}`);
    await redis.del(...keys, `presence:on:${held}`, `presence:${gus.user.id}`);

    await expect.poll(() => heldOf(gus), AGREED).toHaveLength(1);
    // Another name: nothing that clears up after the old one touches it.
    expect(await heldOf(gus)).not.toEqual([held]);
    expect(toldOf(watcher, gus)).toEqual(['online']);
    phone.close();
    await expect.poll(() => toldOf(watcher, gus), AGREED).toEqual(['online', 'offline']);
  });

  it('lets no older word stand: who leaves while their coming is being written is offline', async () => {
    const [ann, bob] = (await installation.people('ann', 'bob')) as [Person, Person];
    await installation.start(ann, [bob]);
    for (let time = 0; time < 4; time += 1) {
      const phone = await installation.connect(bob, 1);
      // The coming is written within 250 ms, and is on its way when nothing passes; the leave comes meanwhile.
      await pause(60 * time);
      way.freeze();
      await pause(150);
      phone.close();
      await pause(200);
      way.heal();
      await pause(100);
    }
    await expect.poll(() => redis.hkeys(`presence:${bob.user.id}`), SOON).toEqual(['seen']);
    // And after a beat.
    await pause(5_500);
    expect(await heldOf(bob)).toEqual([]);
  });
});
