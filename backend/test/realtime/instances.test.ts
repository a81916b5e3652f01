import type { ChangesEvent } from '@parley/protocol';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConnectionSources } from '../../src/realtime/connection-sources.js';
import { DeliveredFrames } from '../../src/realtime/delivered-frames.js';
import { Publisher } from '../../src/realtime/publisher.js';
import { Api, Connection } from '../_support/api.js';
import type { Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';
import type { StartedApp } from '../_support/start-app.js';
import { startApp } from '../_support/start-app.js';
import type { TcpProxy } from '../_support/tcp-proxy.js';
import { startTcpProxy } from '../_support/tcp-proxy.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';
import { testServices } from '../_support/test-services.js';

/** A conversation that exists for the two instances alone, and who is a member of it. */
const ROOM = '01890000-0000-7000-8000-0000000000aa';
const members = new Set<string>();

function change(toRev: number): ChangesEvent {
  return { conversationId: ROOM, fromRev: toRev - 1, toRev, messages: [] };
}

describe('two instances', () => {
  let database: TestDatabase;
  let redis: TcpProxy;
  let one: StartedApp;
  let two: StartedApp;
  let people: [Person, Person];
  let sockets: [Connection, Connection];
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);

  beforeAll(async () => {
    process.on('unhandledRejection', onRejection);
    database = await createTestDatabase();
    redis = await startTcpProxy(testServices().redisUrl);
    const options = { databaseUrl: database.url, redisUrl: redis.url };
    [one, two] = await Promise.all([startApp(options), startApp(options)]);
    for (const { app } of [one, two]) {
      vi.spyOn(app.get(ConnectionSources), 'members').mockImplementation((_, userIds) =>
        Promise.resolve({
          membersRev: 0,
          memberIds: new Set(userIds.filter((id) => members.has(id))),
          leftRevs: new Map(),
        }),
      );
    }
    const api = new Api(one.baseUrl);
    people = await Promise.all([api.register(), api.register()]);
    sockets = await Promise.all([
      Connection.as(one.baseUrl, people[0]),
      Connection.as(two.baseUrl, people[1]),
    ]);
  });
  afterAll(async () => {
    for (const socket of sockets) socket.close();
    await Promise.all([one.close(), two.close()]);
    await redis.close();
    await database.drop();
    process.off('unhandledRejection', onRejection);
    expect(rejections).toEqual([]);
  });

  const publisher = (): Publisher => one.app.get(Publisher);

  /** Room changes travel by the bus and are not answered: publishes until the other side has got one. */
  async function bothGet(first: number): Promise<number> {
    let rev = first;
    await expect
      .poll(
        async () => {
          rev += 1;
          publisher().changes(0, change(rev));
          const [mine] = await Promise.allSettled([
            sockets[1].next('changes', ({ toRev }) => toRev === rev, 300),
          ]);
          return mine?.status;
        },
        { timeout: 10_000 },
      )
      .toBe('fulfilled');
    return rev;
  }

  it('share rooms: joined from the other one, reached from the other one, once each', async () => {
    const delivered: number[] = [];
    two.app.get(DeliveredFrames).observe(({ toRev }) => {
      delivered.push(toRev);
    });
    for (const { user } of people) {
      members.add(user.id);
      publisher().addUserToConversation(user.id, ROOM);
    }
    const rev = await bothGet(0);
    await sockets[0].next('changes', ({ toRev }) => toRev === rev);
    publisher().changes(0, change(rev + 1));
    for (const socket of sockets) {
      await socket.next('changes', ({ toRev }) => toRev === rev + 1);
      const same = socket.received.filter(
        ({ event, payload }) => event === 'changes' && (payload as ChangesEvent).toRev === rev + 1,
      );
      expect(same).toHaveLength(1);
    }
    expect(delivered).toContain(rev + 1);
  });

  it('reach one person wherever connected, and nobody else', async () => {
    publisher().toUser(people[1].user.id, 'resync', { spreadMs: 7 });
    expect(await sockets[1].next('resync')).toEqual({ spreadMs: 7 });
    expect(sockets[0].received.some(({ event }) => event === 'resync')).toBe(false);
  });

  it('keep serving their own sockets while Redis is away, and each other once it is back', async () => {
    redis.cut();
    publisher().changes(0, change(1_001));
    await sockets[0].next('changes', ({ toRev }) => toRev === 1_001);
    // Thousands of events that can not be published are dropped, not kept and not fatal.
    for (let index = 0; index < 5_000; index += 1)
      publisher().toUser(people[1].user.id, 'resync', { spreadMs: index });
    redis.heal();
    await bothGet(2_000);
  });

  it('stop delivering to who was removed from the other one', async () => {
    members.delete(people[1].user.id);
    publisher().removeUserFromConversation(people[1].user.id, ROOM);
    await new Promise((resolve) => setTimeout(resolve, 300));
    publisher().changes(0, change(9_001));
    await sockets[0].next('changes', ({ toRev }) => toRev === 9_001);
    await expect(sockets[1].next('changes', ({ toRev }) => toRev === 9_001, 500)).rejects.toThrow();
  });

  it('answer an upgrade with 503 as soon as they leave, while the other takes it', async () => {
    const leaving = Connection.start(one.baseUrl, { token: people[0].token, protocol: 1 });
    await leaving.next('ready');
    const closing = one.close();
    // Few sockets are soon elsewhere.
    expect(await leaving.next('draining')).toEqual({ reconnectAfterMs: 100 });
    // It is told to everybody there.
    await sockets[0].next('draining');
    const status = await new Promise<number>((resolve, reject) => {
      const call = request(`${one.baseUrl}/socket.io/?EIO=4&transport=websocket`, {
        headers: {
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        },
      });
      call.on('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      call.on('upgrade', () => {
        reject(new Error('It was taken'));
      });
      call.on('error', reject);
      call.end();
    });
    expect(status).toBe(503);
    expect((await new Api(one.baseUrl).request('GET /health/ready')).body.status).toBe('draining');
    const elsewhere = await Connection.as(two.baseUrl, people[0]);
    elsewhere.close();
    await leaving.closed();
    await closing;
  });
});

describe('an instance with nobody in the conversation', () => {
  it('is not sent what happens there', async () => {
    const installation = await Installation.start([{}, {}, {}]);
    try {
      const [anna, bob, carla] = (await installation.people('anna', 'bob', 'carla')) as [
        Person,
        Person,
        Person,
      ];
      const { id } = await installation.start(anna, [bob]);
      const [annas, bobs] = await Promise.all([
        installation.connect(anna, 0),
        installation.connect(bob, 1),
        installation.connect(carla, 2),
      ]);
      const received = (instance: number): Promise<number> =>
        installation.metric('parley_bus_messages_total', instance);
      const before = await Promise.all([1, 2].map(received));
      for (let index = 0; index < 10; index += 1) {
        await annas.command('message:send', {
          conversationId: id,
          clientMessageId: String(index),
          text: 'to bob alone',
        });
      }
      await bobs.next('changes', ({ toRev }) => toRev === 11);
      const [toBob, toCarla] = await Promise.all([1, 2].map(received));
      // On a busy machine several of them share a frame.
      expect(toBob).toBeGreaterThan(before[0] ?? 0);
      expect(toBob).toBeLessThanOrEqual((before[0] ?? 0) + 10);
      expect(toCarla).toBe(before[1]);
    } finally {
      await installation.stop();
    }
  });
});
