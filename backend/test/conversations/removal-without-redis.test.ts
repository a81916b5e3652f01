import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';
import type { TcpProxy } from '../_support/tcp-proxy.js';
import { startTcpProxy } from '../_support/tcp-proxy.js';
import { testServices } from '../_support/test-services.js';

/** Several at once: each is a race between a removal on one instance and a message on the other. */
const GROUPS = 12;

describe('a removal that the bus does not carry', () => {
  let installation: Installation;
  let proxies: TcpProxy[];
  let anna: Person;
  let bob: Person;
  let carla: Person;
  let bobs: Connection;
  let carlas: Connection;
  let groups: string[];

  beforeAll(async () => {
    proxies = await Promise.all([1, 2].map(() => startTcpProxy(testServices().redisUrl)));
    installation = await Installation.start(proxies.map(({ url }) => ({ redisUrl: url })));
    [anna, bob, carla] = (await installation.people('anna', 'bob', 'carla')) as [Person, Person, Person];
    groups = await Promise.all(
      Array.from({ length: GROUPS }, async () => (await installation.start(anna, [bob, carla])).id),
    );
    [bobs, carlas] = await Promise.all([installation.connect(bob, 1), installation.connect(carla, 1)]);
  });
  afterAll(async () => {
    await installation.stop();
    await Promise.all(proxies.map((proxy) => proxy.close()));
  });

  const changesOf = (connection: Connection, conversationId: string): number[] =>
    connection.received.flatMap(({ event, payload }) =>
      event === 'changes' && 'toRev' in payload && payload.conversationId === conversationId
        ? [payload.toRev]
        : [],
    );

  it('lets nothing through to the one removed, and tells them, before any sweep', async () => {
    for (const proxy of proxies) proxy.cut();
    await Promise.all(
      groups.map(async (id) => {
        await installation.post(bob, id, 'while she is here', {}, 1);
        await carlas.next('changes', ({ conversationId, toRev }) => conversationId === id && toRev === 2);
        await installation.api(0).call('DELETE /conversations/:id/members/:userId', {
          token: anna.token,
          params: { id, userId: carla.user.id },
        });
        await bobs.command('message:send', { conversationId: id, clientMessageId: 'after', text: 'after' });
        // The frame of the message goes out by the same call that would have reached her.
        await bobs.next('changes', ({ conversationId, toRev }) => conversationId === id && toRev === 4);
        const { rev } = await carlas.next(
          'conversation:removed',
          ({ conversationId }) => conversationId === id,
        );
        expect(rev).toBe(3);
        expect(changesOf(carlas, id)).toEqual([2]);
      }),
    );
  });

  it('lets her in again with the whole log', async () => {
    const [id = ''] = groups;
    await installation.api(1).call('POST /conversations/:id/members', {
      token: anna.token,
      params: { id },
      body: { userIds: [carla.user.id] },
    });
    await carlas.next('conversation', ({ conversation }) => conversation.id === id);
    await installation.post(bob, id, 'again', {}, 1);
    await carlas.next('changes', ({ conversationId, toRev }) => conversationId === id && toRev === 6);
    expect((await installation.history(carla, id, {}, 1)).items.map(({ seq }) => seq)).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
  });
});
