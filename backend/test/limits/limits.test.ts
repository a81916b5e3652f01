import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RateLimits } from '../../src/infra/rate-limits/rate-limits.js';
import type { Person } from '../_support/api.js';
import { Api, Connection } from '../_support/api.js';
import type { StartedApp } from '../_support/start-app.js';
import { startApp } from '../_support/start-app.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';

const AMOUNT = 40;
/** Longer than any of these tests takes on a busy machine, and half of the minute. */
const LEFT_MS = 30_000;

describe('limits', () => {
  let database: TestDatabase;
  let apps: StartedApp[];
  let one: Api;
  let two: Api;

  beforeAll(async () => {
    database = await createTestDatabase();
    const environment = {
      RATE_LIMIT_SCALE: '1',
      RATE_LIMIT_COMMANDS_PER_MINUTE: String(AMOUNT),
      RATE_LIMIT_REQUESTS_PER_MINUTE: String(AMOUNT),
      RATE_LIMIT_JOINS_PER_HOUR: '3',
    };
    apps = await Promise.all([1, 2].map(() => startApp({ databaseUrl: database.url, environment })));
    [one, two] = apps.map((app) => new Api(app.baseUrl)) as [Api, Api];
  });
  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });

  /** Somebody whose minute does not end while the test goes on: windows begin for each person at a time of their own. */
  async function atTheBeginning(
    api: Api,
    app: StartedApp | undefined,
    limit: 'commandsPerMinute' | 'requestsPerMinute',
  ): Promise<Person> {
    for (;;) {
      const person = await api.register('early');
      const budget = await app?.app.get(RateLimits).consume(limit, person.user.id);
      if ((budget?.resetMs ?? 0) > LEFT_MS) return person;
    }
  }

  /** How many of a person's commands pass, sent evenly over some seconds, until one is refused. */
  async function passedUntilRefused(connection: Connection): Promise<number> {
    for (let passed = 0; passed < AMOUNT; passed += 1) {
      const ack = await connection.send('presence:set', { status: 'online' });
      if (!ack.ok) {
        expect(ack.error).toMatchObject({ code: 'RATE_LIMITED', limit: 'commandsPerMinute', remaining: 0 });
        expect(ack.error.retryAfterMs).toBeGreaterThan(0);
        return passed;
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    return AMOUNT;
  }

  it('of commands are one budget over all instances, without a round trip for each', async () => {
    const anna = await atTheBeginning(one, apps[0], 'commandsPerMinute');
    const [here, there] = await Promise.all([
      Connection.as(one.baseUrl, anna),
      Connection.as(two.baseUrl, anna),
    ]);
    // One was used to find out when the minute ends.
    for (let index = 1; index < AMOUNT - 5; index += 1) {
      await here.command('presence:set', { status: 'online' });
    }
    // 5 are left; a tenth is counted before anybody is asked, and the answer is two seconds away at most.
    expect(await passedUntilRefused(there)).toBeLessThan(5 + AMOUNT / 10 + 12);
    const bob = await Connection.as(two.baseUrl, await two.register('bob'));
    await bob.command('presence:set', { status: 'online' });
    for (const connection of [here, there, bob]) connection.close();
  });

  it('of requests are told with every answer', async () => {
    const { token } = await atTheBeginning(one, apps[0], 'requestsPerMinute');
    const first = await one.request('GET /users/me', { token });
    expect(first.headers.get('ratelimit-limit')).toBe(String(AMOUNT));
    expect(first.headers.get('ratelimit-remaining')).toBe(String(AMOUNT - 2));
    for (let index = 0; index < AMOUNT - 2; index += 1) await one.call('GET /users/me', { token });
    const refused = await one.request('GET /users/me', { token });
    expect(refused.status).toBe(429);
    expect(refused.body.error).toMatchObject({ limit: 'requestsPerMinute' });
    expect(refused.headers.get('ratelimit-remaining')).toBe('0');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('of joins count people who are added and channels that are joined', async () => {
    const people = await Promise.all([1, 2, 3, 4, 5].map(() => one.register('member')));
    const [owner, first, ...others] = people as [Person, Person, ...Person[]];
    const { id } = await one.call('POST /conversations', {
      token: owner.token,
      body: { kind: 'channel', memberIds: [first.user.id], title: 'Open', visibility: 'public' },
    });
    const params = { id };
    const userIds = others.slice(0, 2).map(({ user }) => user.id);
    await one.call('POST /conversations/:id/members', { token: owner.token, params, body: { userIds } });
    const refused = await two.refusal('POST /conversations/:id/members', {
      token: owner.token,
      params,
      body: { userIds: others.map(({ user }) => user.id) },
    });
    expect(refused).toMatchObject({ status: 429, limit: 'joinsPerHour', remaining: 0 });
    await two.call('POST /conversations/:id/join', { token: others[2]?.token ?? '', params });
  });

  it('do not begin below zero after a use of an ended window was taken back', async () => {
    const limits = apps[0]?.app.get(RateLimits);
    if (!limits) throw new Error('no instance');
    const { id } = (await one.register('late')).user;
    await limits.giveBack('messagesPerMinute', id);
    const first = await limits.consume('messagesPerMinute', id);
    expect(first.remaining).toBe(first.limit - 1);
    await limits.giveBack('messagesPerMinute', id);
    expect((await limits.peek('messagesPerMinute', id)).remaining).toBe(first.limit);
  });
});
