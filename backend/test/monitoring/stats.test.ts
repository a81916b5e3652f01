import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';
import type { TcpProxy } from '../_support/tcp-proxy.js';
import { startTcpProxy } from '../_support/tcp-proxy.js';
import { testServices } from '../_support/test-services.js';

/** A report every 2 s, and three of them until one that is silent is forgotten. */
const SETTLES = { timeout: 15_000, interval: 200 };

describe('the figures of an installation of three instances', () => {
  let installation: Installation;
  let ways: TcpProxy[];
  let admin: Person;

  beforeAll(async () => {
    ways = await Promise.all([0, 1, 2].map(() => startTcpProxy(testServices().redisUrl)));
    installation = await Installation.start(ways.map(({ url }) => ({ redisUrl: url })));
    admin = await installation.somebody('admin');
  });
  afterAll(async () => {
    for (const way of ways) way.heal();
    await installation.stop();
    await Promise.all(ways.map((way) => way.close()));
  });

  const stats = (instance = 0) => installation.api(instance).call('GET /stats', { token: admin.token });
  const idOf = async (instance: number): Promise<string> =>
    (await installation.api(instance).call('GET /health')).instanceId;

  it('adds them up, each person once, and forgets one that falls silent', async () => {
    const [anna, ben] = await installation.people('anna', 'ben');
    if (!anna || !ben) throw new Error('Nobody registered');
    // Anna has devices on two instances, and two on one of them.
    await installation.connect(anna, 0);
    await installation.connect(anna, 1);
    const laptop = await installation.connect(anna, 1);
    await installation.connect(ben, 2);
    const { id } = await installation.start(anna, [ben]);
    await installation.post(anna, id, 'from the first', {}, 0);
    await installation.post(ben, id, 'from the third', {}, 2);
    await installation.post(ben, id, 'from the third again', {}, 2);

    await expect
      .poll(() => stats(1), SETTLES)
      .toMatchObject({ onlineUsers: 2, connections: 4, messagesPerMinute: 3 });
    const { instances } = await stats(1);
    const ids = await Promise.all([0, 1, 2].map(idOf));
    expect(new Map(instances.map((each) => [each.id, each.connections]))).toEqual(
      new Map([
        [ids[0], 1],
        [ids[1], 2],
        [ids[2], 1],
      ]),
    );

    laptop.close();
    await expect.poll(() => stats(0), SETTLES).toMatchObject({ onlineUsers: 2, connections: 3 });

    ways[2]?.cut();
    await expect
      .poll(() => stats(0), SETTLES)
      .toMatchObject({ onlineUsers: 1, connections: 2, messagesPerMinute: 1 });
    expect((await stats(0)).instances.map((each) => each.id).sort()).toEqual([ids[0], ids[1]].sort());
    // The one that is cut off knows only itself, and says nothing.
    expect(await installation.api(2).refusal('GET /stats', { token: admin.token })).toMatchObject({
      status: 503,
      code: 'UNAVAILABLE',
    });

    // What came back is told whole, though its set ended meanwhile.
    ways[2]?.heal();
    await expect
      .poll(() => stats(2), SETTLES)
      .toMatchObject({ onlineUsers: 2, connections: 3, messagesPerMinute: 3 });
  });
});
