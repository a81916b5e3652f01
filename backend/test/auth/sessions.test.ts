import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api, Connection, cookieOf } from '../_support/api.js';
import type { Person } from '../_support/api.js';
import type { StartedApp } from '../_support/start-app.js';
import { startApp } from '../_support/start-app.js';
import type { TcpProxy } from '../_support/tcp-proxy.js';
import { startTcpProxy } from '../_support/tcp-proxy.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';
import { testServices } from '../_support/test-services.js';

const SECRET = 'a secret of these tests, and of nothing else';

describe('sessions', () => {
  let database: TestDatabase;
  let redis: TcpProxy;
  let apps: StartedApp[];
  let one: Api;
  let two: Api;

  beforeAll(async () => {
    database = await createTestDatabase();
    redis = await startTcpProxy(testServices().redisUrl);
    const options = {
      databaseUrl: database.url,
      redisUrl: redis.url,
      environment: { ACCESS_TOKEN_SECRET: SECRET },
    };
    apps = await Promise.all([startApp(options), startApp(options)]);
    [one, two] = apps.map((app) => new Api(app.baseUrl)) as [Api, Api];
  });
  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await redis.close();
    await database.drop();
  });

  const refresh = async (cookie: string, api = one) => {
    const { status, headers, body } = await api.request('POST /auth/refresh', { cookie });
    return { status, cookie: cookieOf(headers), body };
  };
  const sessionOf = async (person: Person): Promise<string> => {
    const { items } = await one.call('GET /auth/sessions', { token: person.token });
    return items.find(({ current }) => current)?.id ?? '';
  };
  /** Moves all rotations of a person's sessions into the past. */
  const waitOver = (person: Person, seconds: number) =>
    database.query(
      `UPDATE sessions SET recent_rotations = ARRAY(SELECT at - make_interval(secs => $2) FROM unnest(recent_rotations) at)
        WHERE user_id = $1`,
      [person.user.id, seconds],
    );

  describe('refresh', () => {
    it('rotates the cookie and gives a token that works', async () => {
      const person = await one.register();
      const first = await refresh(person.cookie);
      expect(first.status).toBe(200);
      expect(first.cookie).not.toBe(person.cookie);
      expect(first.body.expiresIn).toBe(900);
      expect((await one.call('GET /auth/sessions', { token: first.body.accessToken })).items).toHaveLength(1);
      const second = await refresh(first.cookie);
      expect(second.status).toBe(200);
      expect(second.cookie).not.toBe(first.cookie);
    });

    it('answers fifty at once on two instances, all with one successor', async () => {
      const person = await one.register();
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => refresh(person.cookie, index % 2 === 0 ? one : two)),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
      expect(new Set(answers.map(({ cookie }) => cookie)).size).toBe(1);
      const [session] = await database.query('SELECT generation, ended_at FROM sessions WHERE user_id = $1', [
        person.user.id,
      ]);
      expect(session).toEqual({ generation: 1, ended_at: null });
    });

    it('logs nobody out whose answer was lost, however long ago', async () => {
      const person = await one.register();
      const lost = await refresh(person.cookie);
      await waitOver(person, 20 * 86_400);
      const again = await refresh(person.cookie);
      expect(again.status).toBe(200);
      expect(again.cookie).toBe(lost.cookie);
      expect((await refresh(again.cookie)).status).toBe(200);
    });

    it('takes the old token for 30 s after its successor was first used, then ends the session, sockets included', async () => {
      const person = await one.register();
      const first = await refresh(person.cookie);
      const second = await refresh(first.cookie);
      const inGrace = await refresh(person.cookie);
      expect(inGrace.status).toBe(200);
      expect(inGrace.cookie).toBe(second.cookie);

      const socket = await Connection.as(two.baseUrl, person);
      await waitOver(person, 31);
      const reused = await refresh(person.cookie);
      expect(reused.status).toBe(401);
      expect(reused.body).toMatchObject({ error: { code: 'SESSION_REVOKED', retryable: false } });
      expect(await socket.next('session:ended')).toEqual({ reason: 'revoked' });
      await socket.closed();
      expect((await refresh(second.cookie)).status).toBe(401);
      expect(await one.refusal('GET /auth/sessions', { token: second.body.accessToken })).toMatchObject({
        code: 'SESSION_REVOKED',
      });
    });

    it('refuses what is no refresh token, and ends nothing for it', async () => {
      const person = await one.register();
      const [session = ''] = (person.cookie.split('=')[1] ?? '').split('.');
      for (const cookie of [
        undefined,
        'parley_refresh=',
        'parley_refresh=nonsense',
        `parley_refresh=${person.token}`,
        `parley_refresh=${session}.0.${'A'.repeat(43)}.${'A'.repeat(22)}`,
      ]) {
        expect(await one.refusal('POST /auth/refresh', cookie === undefined ? {} : { cookie })).toMatchObject(
          { status: 401, code: 'UNAUTHENTICATED' },
        );
      }
      expect((await refresh(person.cookie)).status).toBe(200);
    });

    it('refuses a session that has expired', async () => {
      const person = await one.register();
      await database.query("UPDATE sessions SET expires_at = now() - interval '1 s' WHERE user_id = $1", [
        person.user.id,
      ]);
      expect((await refresh(person.cookie)).status).toBe(401);
      expect((await one.request('GET /auth/sessions', { token: person.token })).status).toBe(401);
    });

    it('keeps working while Redis is away', async () => {
      const person = await one.register();
      redis.cut();
      const { status, cookie } = await refresh(person.cookie);
      redis.heal();
      expect(status).toBe(200);
      expect(cookie).not.toBe(person.cookie);
    });
  });

  describe('ending', () => {
    it('by logout: REST at once, sockets of this session on every instance, no other session', async () => {
      const person = await one.register();
      const other = await two.logIn(person.user.username, person.password);
      const sockets = await Promise.all(apps.map((app) => Connection.as(app.baseUrl, person)));
      const otherSocket = await Connection.as(two.baseUrl, other);

      const { status, headers } = await one.request('POST /auth/logout', { token: person.token });
      expect(status).toBe(204);
      expect(headers.getSetCookie()[0]).toMatch(/^parley_refresh=;/);
      expect(await two.refusal('GET /auth/sessions', { token: person.token })).toMatchObject({
        status: 401,
        code: 'SESSION_REVOKED',
      });
      for (const socket of sockets) {
        expect(await socket.next('session:ended')).toEqual({ reason: 'logout' });
        await socket.closed();
      }
      expect((await refresh(person.cookie)).status).toBe(401);
      expect((await two.call('GET /auth/sessions', { token: other.token })).items).toHaveLength(1);
      expect(otherSocket.socket.connected).toBe(true);
      otherSocket.close();
    });

    it('of one other, and of all others', async () => {
      const person = await one.register();
      const [second, third] = await Promise.all([
        one.logIn(person.user.username, person.password),
        one.logIn(person.user.username, person.password),
      ]);
      const sockets = await Promise.all([second, third].map((device) => Connection.as(two.baseUrl, device)));
      await one.call('DELETE /auth/sessions/:id', {
        token: person.token,
        params: { id: await sessionOf(second) },
      });
      expect(await sockets[0]?.next('session:ended')).toEqual({ reason: 'revoked' });
      expect(sockets[1]?.socket.connected).toBe(true);
      await one.call('DELETE /auth/sessions', { token: person.token });
      expect(await sockets[1]?.next('session:ended')).toEqual({ reason: 'revoked' });
      expect((await one.call('GET /auth/sessions', { token: person.token })).items).toHaveLength(1);
    });

    it('is not possible for those of other people', async () => {
      const [person, stranger] = await Promise.all([one.register(), one.register()]);
      const id = await sessionOf(person);
      for (const wrong of [id, '01890000-0000-7000-8000-000000000000', 'nonsense']) {
        expect(
          await one.refusal('DELETE /auth/sessions/:id', { token: stranger.token, params: { id: wrong } }),
        ).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      }
      expect(await sessionOf(person)).toBe(id);
    });

    it('happens to all others when the password changes, and not when the change fails', async () => {
      const person = await one.register();
      const other = await two.logIn(person.user.username, person.password);
      const socket = await Connection.as(two.baseUrl, other);
      expect(
        await one.refusal('POST /users/me/password', {
          token: person.token,
          body: { current: 'a wrong password', next: 'the next password' },
        }),
      ).toMatchObject({ status: 403, code: 'FORBIDDEN' });
      expect(socket.socket.connected).toBe(true);

      await one.call('POST /users/me/password', {
        token: person.token,
        body: { current: person.password, next: 'the next password' },
      });
      await socket.closed();
      expect((await refresh(other.cookie)).status).toBe(401);
      expect((await refresh(person.cookie)).status).toBe(200);
      expect(
        (
          await one.request('POST /auth/login', {
            body: { username: person.user.username, password: person.password },
          })
        ).status,
      ).toBe(401);
      const later = await one.logIn(person.user.username, 'the next password');
      // Its answer may have been lost: the repeat is told that it is done.
      const repeat = { current: person.password, next: 'the next password' };
      expect(
        (await one.request('POST /users/me/password', { token: person.token, body: repeat })).status,
      ).toBe(204);
      expect((await refresh(later.cookie)).status).toBe(200);
    });

    it('reaches sockets on another instance within 5 s, also while Redis is away', async () => {
      const person = await one.register();
      const socket = await Connection.as(two.baseUrl, person);
      redis.cut();
      const started = performance.now();
      await one.call('POST /auth/logout', { token: person.token });
      expect(await socket.next('session:ended', undefined, 6_000)).toEqual({ reason: 'logout' });
      await socket.closed();
      expect(performance.now() - started).toBeLessThan(5_000);
      redis.heal();
    });
  });

  describe('access tokens', () => {
    const claims = (person: Person, more: object = {}) => ({
      ...(JSON.parse(Buffer.from(person.token.split('.')[1] ?? '', 'base64url').toString()) as object),
      ...more,
    });
    const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
    const signed = (header: object, payload: object, secret = SECRET, hash = 'sha256'): string => {
      const body = `${encoded(header)}.${encoded(payload)}`;
      return `${body}.${createHmac(hash, secret).update(body).digest('base64url')}`;
    };
    const HEADER = { alg: 'HS256', typ: 'at+jwt' };
    const NOW = Math.floor(Date.now() / 1_000);

    it('are taken when they are forged by nobody, as a check of this test', async () => {
      const person = await one.register();
      expect(
        (await one.request('GET /auth/sessions', { token: signed(HEADER, claims(person)) })).status,
      ).toBe(200);
    });

    it.each<[string, string, (person: Person) => string]>([
      [
        'no algorithm',
        'UNAUTHENTICATED',
        (person) => `${encoded({ alg: 'none', typ: 'at+jwt' })}.${encoded(claims(person))}.`,
      ],
      [
        'another algorithm',
        'UNAUTHENTICATED',
        (person) => signed({ ...HEADER, alg: 'HS512' }, claims(person), SECRET, 'sha512'),
      ],
      ['another key', 'UNAUTHENTICATED', (person) => signed(HEADER, claims(person), 'another secret')],
      ['another type', 'UNAUTHENTICATED', (person) => signed({ ...HEADER, typ: 'JWT' }, claims(person))],
      ['another issuer', 'UNAUTHENTICATED', (person) => signed(HEADER, claims(person, { iss: 'else' }))],
      ['another audience', 'UNAUTHENTICATED', (person) => signed(HEADER, claims(person, { aud: 'else' }))],
      [
        'another person',
        'UNAUTHENTICATED',
        (person) => signed(HEADER, claims(person, { sub: '01890000-0000-7000-8000-000000000000' })),
      ],
      [
        'another session',
        'UNAUTHENTICATED',
        (person) => signed(HEADER, claims(person, { sid: '01890000-0000-7000-8000-000000000000' })),
      ],
      ['no expiry', 'UNAUTHENTICATED', (person) => signed(HEADER, claims(person, { exp: undefined }))],
      ['a passed expiry', 'TOKEN_EXPIRED', (person) => signed(HEADER, claims(person, { exp: NOW - 1 }))],
      ['the refresh token', 'UNAUTHENTICATED', (person) => person.cookie.split('=')[1] ?? ''],
      ['nonsense', 'UNAUTHENTICATED', () => 'nonsense'],
    ])('are refused with %s, by REST and by the socket', async (_, code, forge) => {
      const token = forge(await one.register());
      expect(await one.refusal('GET /auth/sessions', { token })).toMatchObject({ status: 401, code });
      const refused = await Connection.open(one.baseUrl, { token, protocol: 1 }).catch(
        (error: unknown) => error,
      );
      expect(refused).toMatchObject({ cause: { code } });
    });

    it('are not taken from the address', async () => {
      const person = await one.register();
      const response = await fetch(
        `${one.baseUrl}/api/v1/auth/sessions?token=${person.token}&access_token=${person.token}`,
      );
      expect(response.status).toBe(401);
    });
  });
});
