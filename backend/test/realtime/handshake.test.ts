import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api, Connection } from '../_support/api.js';
import type { Person } from '../_support/api.js';
import type { StartedApp } from '../_support/start-app.js';
import { startApp } from '../_support/start-app.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';

describe('handshake', () => {
  let database: TestDatabase;
  let started: StartedApp;
  let api: Api;
  let person: Person;

  beforeAll(async () => {
    database = await createTestDatabase();
    started = await startApp({
      databaseUrl: database.url,
      environment: {
        PUBLIC_URL: 'https://chat.example.org',
        ALLOWED_ORIGINS: 'https://other.example.org:8443',
        SOCKETS_PER_USER: '3',
        ACCESS_TOKEN_SECONDS: '5',
      },
    });
    api = new Api(started.baseUrl);
    person = await api.register();
  });
  afterAll(async () => {
    await started.close();
    await database.drop();
  });

  /** Status of a bare WebSocket upgrade. */
  function upgrade(
    headers: Record<string, string>,
    path = '/socket.io/?EIO=4&transport=websocket',
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      const call = request(`${started.baseUrl}${path}`, {
        headers: {
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
          ...headers,
        },
      });
      call.on('upgrade', (response, socket) => {
        socket.destroy();
        resolve(response.statusCode ?? 0);
      });
      call.on('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      call.on('error', reject);
      call.end();
    });
  }

  it.each([
    ['none', undefined],
    ['its own', 'https://chat.example.org'],
    ['a listed one', 'https://other.example.org:8443'],
  ])('takes %s as Origin', async (_, origin) => {
    expect(await upgrade(origin === undefined ? {} : { Origin: origin })).toBe(101);
  });

  it.each([
    'https://evil.example',
    'null',
    '',
    'http://chat.example.org',
    'https://chat.example.org:444',
    'https://chat.example.org.evil.example',
    'https://evil-chat.example.org',
    'https://chat.example.org@evil.example',
    'https://other.example.org',
    'https://CHAT.example.org',
    'file://',
  ])('refuses the Origin %j, on the socket and on REST', async (origin) => {
    expect(await upgrade({ Origin: origin })).toBe(400);
    expect(
      await api.refusal('GET /users/me', { token: person.token, headers: { Origin: origin } }),
    ).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
    });
  });

  it('offers no long polling', async () => {
    const response = await fetch(`${started.baseUrl}/socket.io/?EIO=4&transport=polling`);
    expect(response.status).toBe(400);
  });

  it.each<[string, unknown, string]>([
    ['no auth', undefined, 'PROTOCOL_UNSUPPORTED'],
    ['no protocol', { token: 'x' }, 'PROTOCOL_UNSUPPORTED'],
    ['another protocol', { token: 'x', protocol: 2 }, 'PROTOCOL_UNSUPPORTED'],
    ['a protocol as text', { token: 'x', protocol: '1' }, 'PROTOCOL_UNSUPPORTED'],
    ['no token', { protocol: 1 }, 'UNAUTHENTICATED'],
    ['a token that is none', { token: { $gt: '' }, protocol: 1 }, 'UNAUTHENTICATED'],
    ['an invented token', { token: 'invented', protocol: 1 }, 'UNAUTHENTICATED'],
  ])('refuses %s with the error object', async (_, auth, code) => {
    const refused = await Connection.open(started.baseUrl, auth).catch((error: unknown) => error);
    expect(refused).toMatchObject({ cause: { code, retryable: false } });
    expect(refused).toHaveProperty('cause.requestId');
  });

  it('refuses a session that has ended', async () => {
    const gone = await api.register();
    await api.call('POST /auth/logout', { token: gone.token });
    const refused = await Connection.as(started.baseUrl, gone).catch((error: unknown) => error);
    expect(refused).toMatchObject({ cause: { code: 'SESSION_REVOKED' } });
  });

  it('limits the connections of one person, and of nobody else', async () => {
    const many = await api.register();
    const sockets = await Promise.all([1, 2, 3].map(() => Connection.as(started.baseUrl, many)));
    const refused = await Connection.as(started.baseUrl, many).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      cause: { code: 'RATE_LIMITED', retryable: true, limit: 'socketsPerUser' },
    });
    const other = await Connection.as(started.baseUrl, await api.register());
    for (const socket of [...sockets, other]) socket.close();
  });

  it('tells limits and epoch in `ready`, and that before anything else', async () => {
    const fresh = await api.register();
    const socket = Connection.start(started.baseUrl, { token: fresh.token, protocol: 1 });
    const early = socket.send('typing:stop', { conversationId: '01890000-0000-7000-8000-000000000000' });
    await early;
    expect(socket.received[0]?.event).toBe('ready');
    const [epoch] = await database.query<{ value: string }>('SELECT value FROM epoch');
    expect(socket.received[0]?.payload).toMatchObject({
      userId: fresh.user.id,
      epoch: epoch?.value,
      protocol: 1,
      limits: {
        textLength: 8_000,
        attachmentsPerMessage: 10,
        messagesPerMinute: 1_000_000,
        receiptsMaxMembers: 100,
      },
    });
    socket.close();
  });

  it('ends the socket when its token expires, unless it was refreshed in time', async () => {
    const fresh = await api.register();
    const [left, extended] = await Promise.all([
      Connection.as(started.baseUrl, fresh),
      Connection.as(started.baseUrl, fresh),
    ]);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const { body } = await api.request('POST /auth/refresh', { cookie: fresh.cookie });
    const lease = await extended.command('auth:refresh', { token: body.accessToken });
    expect(Date.parse(lease.expiresAt)).toBeGreaterThan(Date.now() + 3_000);

    expect(await left.next('session:ended')).toEqual({ reason: 'expired' });
    await left.closed();
    expect(extended.socket.connected).toBe(true);

    const other = await api.register();
    expect(await extended.send('auth:refresh', { token: other.token })).toMatchObject({
      ok: false,
      error: { code: 'UNAUTHENTICATED' },
    });
    expect(await extended.send('auth:refresh', { token: fresh.token })).toMatchObject({
      ok: false,
      error: { code: 'TOKEN_EXPIRED' },
    });
    expect(await extended.next('session:ended')).toEqual({ reason: 'expired' });
  });
});
