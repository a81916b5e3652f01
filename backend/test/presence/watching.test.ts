import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LocalSockets } from '../../src/realtime/local-sockets.js';
import { Api, Connection } from '../_support/api.js';
import type { Person } from '../_support/api.js';
import type { StartedApp } from '../_support/start-app.js';
import { startApp } from '../_support/start-app.js';
import type { TcpProxy } from '../_support/tcp-proxy.js';
import { startTcpProxy } from '../_support/tcp-proxy.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';
import { testServices } from '../_support/test-services.js';

describe('presence and typing', () => {
  let database: TestDatabase;
  let redis: TcpProxy;
  let one: StartedApp;
  let two: StartedApp;
  let api: Api;
  let ann: Person;
  let bob: Person;
  let stranger: Person;
  let conversationId: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    redis = await startTcpProxy(testServices().redisUrl);
    const options = { databaseUrl: database.url, redisUrl: redis.url };
    [one, two] = await Promise.all([startApp(options), startApp(options)]);
    api = new Api(one.baseUrl);
    [ann, bob, stranger] = await Promise.all([
      api.register('ann'),
      api.register('bob'),
      api.register('stranger'),
    ]);
    const conversation = await api.call('POST /conversations', {
      token: ann.token,
      body: { kind: 'direct', memberIds: [bob.user.id] },
    });
    conversationId = conversation.id;
  });
  afterAll(async () => {
    await Promise.all([one.close(), two.close()]);
    await redis.close();
    await database.drop();
  });

  it('tells how a person on another instance comes, goes away and leaves', async () => {
    const watcher = await Connection.as(one.baseUrl, ann);
    const { items } = await watcher.command('presence:watch', { userIds: [bob.user.id, stranger.user.id] });
    expect(items).toEqual([{ userId: bob.user.id, status: 'offline', lastSeenAt: null }]);
    const next = (status: string) =>
      watcher.next('presence', (payload) =>
        payload.items.some((item) => item.userId === bob.user.id && item.status === status),
      );

    const phone = await Connection.as(two.baseUrl, bob);
    await next('online');
    await phone.command('presence:set', { status: 'away' });
    await next('away');
    // One device that is online outweighs another that is away.
    const laptop = await Connection.as(one.baseUrl, bob);
    await expect
      .poll(
        async () =>
          (await api.call('GET /users/presence', { token: ann.token, query: { ids: bob.user.id } })).items[0]
            ?.status,
      )
      .toBe('online');
    laptop.close();
    phone.close();
    await next('offline');
    const { items: after } = await api.call('GET /users/presence', {
      token: ann.token,
      query: { ids: bob.user.id },
    });
    expect(after[0]?.lastSeenAt).toMatch(/Z$/);
    watcher.close();
  });

  it('tells a watcher for whom too much waits nothing, and then what is true, once it has read', async () => {
    const watcher = await Connection.as(one.baseUrl, ann);
    await watcher.command('presence:watch', { userIds: [bob.user.id] });
    // The only socket here that watches.
    const busy = vi.spyOn(LocalSockets.prototype, 'isBusy').mockReturnValue(true);
    try {
      const phone = await Connection.as(two.baseUrl, bob);
      await expect.poll(() => busy.mock.calls.length, { timeout: 10_000 }).toBeGreaterThan(0);
      expect(watcher.received.filter(({ event }) => event === 'presence')).toEqual([]);
      busy.mockRestore();
      const { items } = await watcher.next('presence');
      expect(items.map(({ userId, status }) => [userId, status])).toEqual([[bob.user.id, 'online']]);
      phone.close();
      await watcher.next('presence', (payload) => payload.items.some(({ status }) => status === 'offline'));
    } finally {
      busy.mockRestore();
      watcher.close();
    }
  });

  it('tells nothing of people with whom nothing is shared', async () => {
    const ids = [ann.user.id, bob.user.id, stranger.user.id].join(',');
    const { items } = await api.call('GET /users/presence', { token: stranger.token, query: { ids } });
    expect(items.map(({ userId }) => userId)).toEqual([stranger.user.id]);
    const socket = await Connection.as(two.baseUrl, stranger);
    expect(await socket.command('presence:watch', { userIds: [ann.user.id] })).toEqual({ items: [] });
    socket.close();
  });

  it('tells the members who is typing, the same list to all, and strangers that there is nothing', async () => {
    const sockets = await Promise.all([Connection.as(one.baseUrl, ann), Connection.as(two.baseUrl, bob)]);
    await sockets[0].command('typing:start', { conversationId });
    for (const socket of sockets) expect((await socket.next('typing')).userIds).toEqual([ann.user.id]);
    await sockets[1].command('typing:start', { conversationId });
    for (const socket of sockets) {
      const { userIds } = await socket.next('typing', (payload) => payload.userIds.length === 2);
      expect([...userIds].sort()).toEqual([ann.user.id, bob.user.id].sort());
    }
    await sockets[0].command('typing:stop', { conversationId });
    await sockets[1].command('typing:stop', { conversationId });
    await sockets[0].next('typing', (payload) => payload.userIds.length === 0);

    const outside = await Connection.as(one.baseUrl, stranger);
    expect(await outside.send('typing:start', { conversationId })).toMatchObject({
      ok: false,
      error: { code: 'NOT_FOUND' },
    });
    for (const socket of [...sockets, outside]) socket.close();
  });

  it('stops and fails cleanly while Redis is away, and comes back', async () => {
    const socket = await Connection.as(one.baseUrl, ann);
    redis.cut();
    expect(await socket.send('presence:watch', { userIds: [bob.user.id] })).toMatchObject({
      ok: false,
      error: { code: 'UNAVAILABLE', retryable: true },
    });
    expect(await socket.send('typing:start', { conversationId })).toEqual({ ok: true, data: {} });
    expect(await socket.send('presence:set', { status: 'away' })).toEqual({ ok: true, data: {} });
    redis.heal();
    await expect
      .poll(
        async () =>
          (await api.request('GET /users/presence', { token: bob.token, query: { ids: ann.user.id } })).body
            .items?.[0]?.status,
        { timeout: 20_000 },
      )
      .toBe('away');
    socket.close();
  });
});
