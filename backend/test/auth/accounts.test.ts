import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api } from '../_support/api.js';
import type { StartedApp } from '../_support/start-app.js';
import { startApp } from '../_support/start-app.js';
import { startTcpProxy } from '../_support/tcp-proxy.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';

describe('accounts', () => {
  let database: TestDatabase;
  let apps: StartedApp[];
  let api: Api;

  beforeAll(async () => {
    database = await createTestDatabase();
    apps = await Promise.all([
      startApp({ databaseUrl: database.url }),
      startApp({ databaseUrl: database.url }),
    ]);
    api = new Api(apps[0]?.baseUrl ?? '');
  });
  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });

  it('gives the first of twelve registrations at once, on two instances, the role of admin, and nobody else', async () => {
    const people = await Promise.all(
      Array.from({ length: 12 }, (_, index) => new Api(apps[index % 2]?.baseUrl ?? '').register()),
    );
    expect(people.filter((person) => person.user.role === 'admin')).toHaveLength(1);
    expect((await api.register()).user.role).toBe('member');
    const rows = await database.query<{ count: number }>(
      "SELECT count(*)::int FROM users WHERE role = 'admin'",
    );
    expect(rows[0]?.count).toBe(1);
  });

  it('answers a registration as the contract says, with the refresh token in a cookie that pages can not read', async () => {
    const { status, headers, body } = await api.request('POST /auth/register', {
      body: { username: 'Ada.Lovelace', password: 'analytical engine', email: 'ada@example.org' },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      user: { username: 'ada.lovelace', displayName: 'Ada.Lovelace', email: 'ada@example.org' },
      expiresIn: 900,
    });
    const cookie = headers.getSetCookie()[0] ?? '';
    expect(cookie).toMatch(/^parley_refresh=[^;]+;/);
    expect(cookie).toMatch(/; Path=\/api\/v1\/auth(;|$)/);
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Strict/);
    expect(cookie).not.toMatch(/; Secure/);
    expect(JSON.stringify(body)).not.toContain(cookie.split('=')[1]?.split(';')[0]);
  });

  it('keeps neither password nor refresh token, but an argon2id hash and a SHA-256', async () => {
    const person = await api.register('hashed', 'a canary password');
    const [user] = await database.query<{ password_hash: string }>(
      'SELECT password_hash FROM users WHERE id = $1',
      [person.user.id],
    );
    expect(user?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const [session] = await database.query<{ row: string }>(
      'SELECT s::text AS row FROM sessions s WHERE user_id = $1',
      [person.user.id],
    );
    expect(session?.row).not.toContain(person.cookie.split('=')[1]?.split('.')[2]);
  });

  it('makes account and session together: a lost answer leaves both, and nothing that a sign-in does not open', async () => {
    const proxy = await startTcpProxy(database.url);
    const behind = await startApp({ databaseUrl: proxy.url });
    const body = { username: 'lost.answer', password: 'a good password' };
    const rows = () =>
      database.query(
        "SELECT s.id FROM users u LEFT JOIN sessions s ON s.user_id = u.id WHERE u.username = 'lost.answer'",
      );
    try {
      const there = new Api(behind.baseUrl);
      // The session can not be stored: then there is no account either.
      proxy.loseAnswerTo('INSERT INTO sessions');
      expect(await there.refusal('POST /auth/register', { body })).toMatchObject({ code: 'UNAVAILABLE' });
      expect(await rows()).toEqual([]);
      proxy.loseAnswerTo('COMMIT');
      expect(await there.refusal('POST /auth/register', { body })).toMatchObject({ code: 'UNAVAILABLE' });
      expect(await rows()).toEqual([{ id: expect.any(String) as string }]);
      expect(await there.refusal('POST /auth/register', { body })).toMatchObject({ code: 'CONFLICT' });
      expect((await there.logIn(body.username, body.password)).user.username).toBe('lost.answer');
    } finally {
      await behind.close();
      await proxy.close();
    }
  });

  it('refuses a taken name, in any case, and one raced by two', async () => {
    await api.call('POST /auth/register', { body: { username: 'taken.name', password: 'a good password' } });
    const refusal = await api.refusal('POST /auth/register', {
      body: { username: 'Taken.Name', password: 'a good password' },
    });
    expect(refusal).toMatchObject({
      status: 409,
      code: 'CONFLICT',
      retryable: false,
      fields: [{ path: 'username' }],
    });

    const body = { username: 'raced.name', password: 'a good password' };
    const answers = await Promise.all(
      apps.map((app) => new Api(app.baseUrl).request('POST /auth/register', { body })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it.each([
    [{ username: 'ab', password: 'a good password' }, 'username'],
    [{ username: 'a b c', password: 'a good password' }, 'username'],
    [{ username: 'fine.name', password: 'short' }, 'password'],
    [{ username: 'fine.name', password: `${'x'.repeat(20)}\u0000` }, 'password'],
    [{ username: 'fine.name', password: 'x'.repeat(129) }, 'password'],
    [{ username: 'fine.name', password: 'a good password', email: 'nowhere' }, 'email'],
    [{ username: 'fine.name', password: 'a good password', role: 'admin' }, 'role'],
    [{ username: { $ne: '' }, password: 'a good password' }, 'username'],
  ])('refuses %j', async (body, path) => {
    const refusal = await api.refusal('POST /auth/register', { body });
    expect(refusal).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
    expect(refusal.fields?.map((field) => field.path)).toContain(path);
  });

  it('signs in with the name in any case, from as many devices as there are', async () => {
    const person = await api.register('devices');
    const again = await Promise.all(
      Array.from({ length: 5 }, () => api.logIn(person.user.username.toUpperCase(), person.password)),
    );
    expect(new Set(again.map(({ cookie }) => cookie)).size).toBe(5);
    const { items } = await api.call('GET /auth/sessions', { token: person.token });
    expect(items).toHaveLength(6);
    expect(items.filter(({ current }) => current)).toHaveLength(1);
  });

  it('answers every failed sign-in with one text and status, in like time', async () => {
    const person = await api.register('guessed');
    const attempt = async (username: string): Promise<{ text: string; ms: number }> => {
      const started = performance.now();
      const { requestId: _, ...refusal } = await api.refusal('POST /auth/login', {
        body: { username, password: 'a wrong password' },
      });
      return { text: JSON.stringify(refusal), ms: performance.now() - started };
    };
    const known: number[] = [];
    const unknown: number[] = [];
    const texts = new Set<string>();
    for (let round = 0; round < 12; round += 1) {
      for (const [username, times] of [
        [person.user.username, known],
        ['nobody.has.this', unknown],
      ] as const) {
        const { text, ms } = await attempt(username);
        texts.add(text);
        times.push(ms);
      }
    }
    expect([...texts]).toHaveLength(1);
    expect([...texts][0]).toContain('UNAUTHENTICATED');
    const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
    // Without the decoy an unknown name answers in 2 ms instead of 30.
    expect(median(unknown) / median(known)).toBeGreaterThan(0.5);
    expect(median(unknown) / median(known)).toBeLessThan(2);
  });
});

describe('limits of signing in', () => {
  it('are shared by the instances, and do not count what succeeds', async () => {
    const database = await createTestDatabase();
    const environment = {
      RATE_LIMIT_SCALE: '1',
      RATE_LIMIT_LOGINS_PER_MINUTE_PER_ADDRESS: '1000000',
      RATE_LIMIT_REGISTRATIONS_PER_HOUR_PER_ADDRESS: '1000000',
    };
    const apps = await Promise.all([
      startApp({ databaseUrl: database.url, environment }),
      startApp({ databaseUrl: database.url, environment }),
    ]);
    const [one, two] = apps.map((app) => new Api(app.baseUrl));
    if (!one || !two) throw new Error('no instances');
    const person = await one.register('limited');
    for (let round = 0; round < 12; round += 1) await two.logIn(person.user.username, person.password);

    const body = { username: person.user.username, password: 'a wrong password' };
    const codes: string[] = [];
    for (let round = 0; round < 12; round += 1) {
      codes.push((await (round % 2 === 0 ? one : two).refusal('POST /auth/login', { body })).code);
    }
    expect(codes).toEqual([...Array<string>(10).fill('UNAUTHENTICATED'), 'RATE_LIMITED', 'RATE_LIMITED']);
    const limited = await one.request('POST /auth/login', { body });
    expect(limited.status).toBe(429);
    expect(limited.body.error).toMatchObject({
      retryable: true,
      limit: 'loginsPerMinutePerAccount',
      remaining: 0,
    });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(limited.headers.get('ratelimit-limit')).toBe('10');
    expect(limited.headers.get('ratelimit-remaining')).toBe('0');

    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });
});
