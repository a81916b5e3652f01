import type { Message, MessagePage } from '@parley/protocol';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Metrics } from '../../src/infra/metrics/metrics.js';
import { RedisConnections } from '../../src/infra/redis/redis-connections.js';
import { HistoryStore } from '../../src/messaging/history.store.js';
import type { SharedPage } from '../../src/messaging/history.store.js';
import { Api } from '../_support/api.js';
import type { Person } from '../_support/api.js';
import type { StartedApp } from '../_support/start-app.js';
import { startApp } from '../_support/start-app.js';
import type { TcpProxy } from '../_support/tcp-proxy.js';
import { startTcpProxy } from '../_support/tcp-proxy.js';
import { createTestDatabase } from '../_support/test-database.js';
import type { TestDatabase } from '../_support/test-database.js';
import { testServices } from '../_support/test-services.js';

/** A database of Redis that no other test uses: flushing it hurts nobody. */
const REDIS_DATABASE = '7';
const LIMIT = 5;

describe('newest pages from Redis', () => {
  let database: TestDatabase;
  let redis: TcpProxy;
  let one: StartedApp;
  let two: StartedApp;
  let api: Api;
  let ann: Person;
  let bob: Person;
  let cy: Person;
  let conversationId: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    const url = new URL(testServices().redisUrl);
    url.pathname = `/${REDIS_DATABASE}`;
    redis = await startTcpProxy(url.href);
    const options = { databaseUrl: database.url, redisUrl: redis.url };
    [one, two] = await Promise.all([startApp(options), startApp(options)]);
    api = new Api(one.baseUrl);
    [ann, bob, cy] = await Promise.all([api.register('ann'), api.register('bob'), api.register('cy')]);
  });
  afterAll(async () => {
    await Promise.all([one.close(), two.close()]);
    await redis.close();
    await database.drop();
  });

  beforeEach(async () => {
    const { id } = await api.call('POST /conversations', {
      token: ann.token,
      body: { kind: 'group', memberIds: [bob.user.id, cy.user.id], title: 'Busy' },
    });
    conversationId = id;
    for (let index = 0; index < 7; index += 1) await post(`number ${String(index)}`);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const client = () => one.app.get(RedisConnections).cache;
  const store = () => one.app.get(HistoryStore);

  function post(text: string): Promise<Message> {
    return api.call('POST /conversations/:id/messages', {
      token: ann.token,
      params: { id: conversationId },
      body: { clientMessageId: randomUUID(), text },
    });
  }

  function read(person: Person, instance = one): Promise<MessagePage> {
    return new Api(instance.baseUrl).call('GET /conversations/:id/messages', {
      token: person.token,
      params: { id: conversationId },
      query: { limit: LIMIT },
    });
  }

  /** The same page as PostgreSQL has it; a page before a position is never cached. */
  async function readPast(person: Person): Promise<MessagePage> {
    return api.call('GET /conversations/:id/messages', {
      token: person.token,
      params: { id: conversationId },
      query: { limit: LIMIT, before: 1_000_000 },
    });
  }

  async function uses(outcome: string, instance = one): Promise<number> {
    const { values } = await instance.app.get(Metrics).cacheUses.get();
    return values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0;
  }

  /** Reads until the page comes from Redis. */
  async function warm(instance = one): Promise<void> {
    const before = await uses('hit', instance);
    await vi.waitFor(async () => {
      await read(bob, instance);
      expect(await uses('hit', instance)).toBeGreaterThan(before);
    });
  }

  /** By rev: the page that Redis holds. */
  async function held(): Promise<Map<number, SharedPage>> {
    const keys = await client().keys(`*:${conversationId}:*:${String(LIMIT)}`);
    const pages = await Promise.all(
      keys.map(async (key): Promise<[number, SharedPage]> => [
        Number(key.split(':').at(-2)),
        JSON.parse((await client().get(key)) ?? 'null') as SharedPage,
      ]),
    );
    return new Map(pages);
  }

  /** The first reading of a shared page waits before it asks PostgreSQL, or after, until it is let go. */
  function holdNewest(when: 'before' | 'after') {
    const original = store().newest.bind(store());
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let reach = (): void => undefined;
    const reached = new Promise<void>((resolve) => (reach = resolve));
    const newest = vi.spyOn(store(), 'newest').mockImplementationOnce(async (...args) => {
      const early = when === 'after' ? await original(...args) : null;
      reach();
      await released;
      return early ?? original(...args);
    });
    return { newest, reached, release: () => release() };
  }

  it('answers what PostgreSQL holds, from both instances, and keys begin with the epoch', async () => {
    await warm();
    expect(await read(bob)).toEqual(await readPast(bob));
    const range = vi.spyOn(two.app.get(HistoryStore), 'range');
    const newest = vi.spyOn(two.app.get(HistoryStore), 'newest');
    await warm(two);
    expect(await read(cy, two)).toEqual(await readPast(cy));
    expect(range).toHaveBeenCalledTimes(2);
    // The first instance has stored it.
    expect(newest).not.toHaveBeenCalled();
    const [epoch] = await database.query<{ value: string }>('SELECT value FROM epoch');
    const keys = await client().keys(`*:${conversationId}:*`);
    expect(keys).not.toEqual([]);
    for (const key of keys) {
      expect(key.startsWith(`${epoch?.value ?? ''}:`)).toBe(true);
      expect(await client().ttl(key)).toBeGreaterThan(0);
    }
  });

  it('stores nothing of a conversation that is read now and then', async () => {
    await read(bob);
    await read(cy);
    expect((await held()).size).toBe(0);
  });

  it('shows sends, edits, reactions, pins and deletions at once, and each reader their own reactions', async () => {
    await warm();
    await warm(two);
    const { id } = await post('first');
    const expectBoth = async (expected: Partial<Message>): Promise<void> => {
      for (const instance of [one, two]) {
        for (let again = 0; again < 4; again += 1) {
          expect((await read(bob, instance)).items.at(-1)).toMatchObject({ id, ...expected });
        }
      }
      expect(await read(cy)).toEqual(await readPast(cy));
    };
    await expectBoth({ text: 'first' });
    await api.call('PATCH /messages/:id', { token: ann.token, params: { id }, body: { text: 'second' } });
    await expectBoth({ text: 'second' });
    const params = { id, emoji: '👍' };
    await api.call('PUT /messages/:id/reactions/:emoji', { token: bob.token, params });
    await expectBoth({ reactions: [{ emoji: '👍', count: 1, userIds: [bob.user.id], mine: true }] });
    expect((await read(cy)).items.at(-1)?.reactions).toEqual([
      { emoji: '👍', count: 1, userIds: [bob.user.id] },
    ]);
    await api.call('PUT /messages/:id/pin', { token: ann.token, params: { id } });
    expect((await read(bob)).items.at(-1)?.pinnedAt).not.toBeNull();
    await expectBoth({ text: 'second' });
    await api.call('DELETE /messages/:id', { token: ann.token, params: { id } });
    await expectBoth({ text: '', reactions: [] });
  });

  it('reads PostgreSQL once for many who miss at the same time', async () => {
    await warm();
    await client().flushdb();
    const [shared, head, range] = [
      await uses('shared'),
      vi.spyOn(store(), 'head'),
      vi.spyOn(store(), 'range'),
    ];
    const { newest, release } = holdNewest('after');
    const reads = Array.from({ length: 20 }, (_none, index) => read([ann, bob, cy][index % 3] ?? ann));
    await vi.waitFor(async () => expect(await uses('shared')).toBe(shared + 19), { timeout: 10_000 });
    release();
    const pages = await Promise.all(reads);
    expect([head.mock.calls.length, newest.mock.calls.length, range.mock.calls.length]).toEqual([20, 1, 0]);
    const expected = await readPast(bob);
    for (const page of pages) expect(page).toEqual(expected);
  });

  it('never serves a refill that comes after a newer change', async () => {
    const { id } = await post('before');
    await warm();
    await client().flushdb();
    const hold = holdNewest('after');
    const late = read(bob);
    await hold.reached;
    await api.call('PATCH /messages/:id', { token: ann.token, params: { id }, body: { text: 'after' } });
    expect((await read(cy)).items.at(-1)?.text).toBe('after');
    const refills = await uses('refill');
    hold.release();
    // It was asked for before the change.
    const old = await late;
    expect(old.items.at(-1)?.text).toBe('before');
    await vi.waitFor(async () => expect(await uses('refill')).toBeGreaterThan(refills));
    for (let again = 0; again < 5; again += 1) {
      expect((await read(bob)).items.at(-1)?.text).toBe('after');
      expect((await read(bob, two)).items.at(-1)?.text).toBe('after');
    }
    const pages = await held();
    expect(pages.get(old.lastRev)?.messages.at(-1)?.text).toBe('before');
    expect(pages.get(old.lastRev + 1)?.messages.at(-1)?.text).toBe('after');
  });

  it('stores a page under the rev that it was read with, not the one that was asked for', async () => {
    await warm();
    await client().flushdb();
    const asked = (await readPast(bob)).lastRev;
    const hold = holdNewest('before');
    const refills = await uses('refill');
    const page = read(bob);
    await hold.reached;
    const { rev } = await post('newer');
    hold.release();
    expect((await page).items.at(-1)?.text).toBe('newer');
    expect((await page).lastRev).toBe(rev);
    await vi.waitFor(async () => expect(await uses('refill')).toBeGreaterThan(refills));
    expect([...(await held()).keys()]).toEqual([rev]);
    expect(rev).toBeGreaterThan(asked);
  });

  it('shows nothing to who was removed, neither what is cached nor what came while the page was read', async () => {
    await warm();
    await read(cy);
    const hold = holdNewest('before');
    await client().flushdb();
    const racing = api.request('GET /conversations/:id/messages', {
      token: cy.token,
      params: { id: conversationId },
      query: { limit: LIMIT },
    });
    const staying = hold.reached.then(() => read(bob));
    await hold.reached;
    await api.call('DELETE /conversations/:id/members/:userId', {
      token: ann.token,
      params: { id: conversationId, userId: cy.user.id },
    });
    await post('not for Cy');
    hold.release();
    expect((await racing).status).toBe(404);
    await staying;
    expect((await read(bob)).items.at(-1)?.text).toBe('not for Cy');
    await warm();
    expect((await held()).size).toBeGreaterThan(0);
    for (const instance of [one, two]) {
      const refused = await new Api(instance.baseUrl).refusal('GET /conversations/:id/messages', {
        token: cy.token,
        params: { id: conversationId },
        query: { limit: LIMIT },
      });
      expect(refused).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    }
  });

  it('knows nothing of pages of another epoch', async () => {
    const { id } = await post('of the lost history');
    await warm();
    // What a restore does: the same revs say something else, under another name.
    await database.query(`UPDATE messages SET text = 'of the restored one' WHERE id = $1`, [id]);
    expect((await read(bob)).items.at(-1)?.text).toBe('of the lost history');
    await database.query('UPDATE epoch SET value = gen_random_uuid()::text');
    for (let again = 0; again < 4; again += 1) {
      expect((await read(bob)).items.at(-1)?.text).toBe('of the restored one');
    }
  });

  it('waits 250 ms for a frozen Redis, then asks PostgreSQL, and does not wait again at once', async () => {
    await warm();
    await post('while it is frozen');
    const expected = await readPast(bob);
    redis.freeze();
    try {
      const errors = await uses('error');
      const times: number[] = [];
      for (let again = 0; again < 6; again += 1) {
        const started = performance.now();
        expect(await read(bob)).toEqual(expected);
        times.push(performance.now() - started);
      }
      expect(Math.max(...times)).toBeLessThan(2_000);
      expect(Math.min(...times)).toBeLessThan(250);
      expect(await uses('error')).toBeGreaterThan(errors);
    } finally {
      redis.heal();
    }
    await vi.waitFor(async () => {
      const hits = await uses('hit');
      await read(bob);
      expect(await uses('hit')).toBeGreaterThan(hits);
    }, 10_000);
    expect(await read(bob)).toEqual(expected);
  });

  it('is right with Redis flushed and cut at any moment under readers and a writer', async () => {
    /** By rev: the page as it was. One writer, so what it is told back makes all of them. */
    const history = new Map<number, string>();
    const contentOf = (items: readonly Message[]): string =>
      JSON.stringify(
        items.map(({ reactions, ...message }) => ({
          ...message,
          reactions: reactions.map(({ emoji, count, userIds }) => ({ emoji, count, userIds })),
        })),
      );
    let page = (await readPast(ann)).items;
    let committed = (await readPast(ann)).lastRev;
    history.set(committed, contentOf(page));
    const apply = (message: Message): void => {
      page = [...page.filter(({ id }) => id !== message.id), message]
        .sort((a, b) => a.seq - b.seq)
        .slice(-LIMIT);
      history.set(message.rev, contentOf(page));
      committed = message.rev;
    };
    const answers: { asked: number; page: MessagePage }[] = [];
    let isOver = false;
    const reader = async (person: Person, instance: StartedApp): Promise<void> => {
      while (!isOver) {
        const asked = committed;
        answers.push({ asked, page: await read(person, instance) });
      }
    };
    const writer = async (): Promise<void> => {
      for (let round = 0; round < 40; round += 1) {
        const last = page.at(-1)?.id ?? '';
        const token = ann.token;
        const params = { id: last, emoji: '👍' };
        if (round % 4 === 0) apply(await post(`round ${String(round)}`));
        else if (round % 4 === 1) {
          const body = { text: `edited in ${String(round)}` };
          apply(await api.call('PATCH /messages/:id', { token, params: { id: last }, body }));
        } else if (round % 4 === 2) {
          apply(await api.call('PUT /messages/:id/reactions/:emoji', { token, params }));
        } else apply(await api.call('PUT /messages/:id/pin', { token, params: { id: last } }));
        // Until each page was read a few times: some of them from the cache.
        const read = answers.length;
        await vi.waitFor(() => expect(answers.length).toBeGreaterThan(read + (round % 5) * 4), {
          interval: 1,
          timeout: 10_000,
        });
      }
      isOver = true;
    };
    const breaker = async (): Promise<void> => {
      for (let round = 0; !isOver; round += 1) {
        await client()
          .flushdb()
          .catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
        if (round % 25 === 24) {
          redis.cut();
          await new Promise((resolve) => setTimeout(resolve, 30));
          redis.heal();
        }
      }
    };
    const [hits, misses] = [await uses('hit'), await uses('miss')];
    await Promise.all([
      ...[one, one, two, two].flatMap((instance) => [reader(bob, instance), reader(cy, instance)]),
      writer(),
      breaker(),
    ]);
    for (const { asked, page: answer } of answers) {
      expect(answer.lastRev).toBeGreaterThanOrEqual(asked);
      expect(contentOf(answer.items)).toBe(history.get(answer.lastRev));
    }
    // Otherwise it has proven nothing.
    expect(await uses('miss')).toBeGreaterThan(misses);
    expect((await uses('hit')) + (await uses('shared'))).toBeGreaterThan(hits);
  });
});
