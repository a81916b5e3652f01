import type { Conversation, Message, SyncAnswer, SyncInput } from '@parley/protocol';
import { SYNC_ANSWER_BYTES_MAX } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeSyncCursor } from '../../src/messaging/sync-cursor.js';
import type { Connection, Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

describe('sync', () => {
  let installation: Installation;
  let anna: Person;
  let bob: Person;

  beforeAll(async () => {
    installation = await Installation.start([{}, {}]);
    [anna, bob] = (await installation.people('anna', 'bob')) as [Person, Person];
  });
  afterAll(() => installation.stop());

  const sync = (person: Person, input: Partial<SyncInput> = {}): Promise<SyncAnswer> =>
    installation.api().call('POST /sync', { token: person.token, body: { conversations: {}, ...input } });

  /** All pages of one sync. */
  async function syncAll(
    person: Person,
    cursor?: string,
  ): Promise<{ conversations: Conversation[]; removed: string[]; cursor: string; pages: number }> {
    const conversations: Conversation[] = [];
    const removed: string[] = [];
    let position = cursor;
    for (let pages = 1; ; pages += 1) {
      const answer = await sync(person, position === undefined ? {} : { cursor: position });
      expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThanOrEqual(SYNC_ANSWER_BYTES_MAX);
      conversations.push(...answer.conversations);
      removed.push(...answer.removed);
      position = answer.cursor;
      if (!answer.hasMore) return { conversations, removed, cursor: answer.cursor, pages };
    }
  }

  it('tells everything, then only what moved: heads, own sides, what appeared and what went', async () => {
    const [quiet, busy, muted, left] = await Promise.all(
      ['quiet', 'busy', 'muted', 'left'].map((title) => installation.start(bob, [anna], { title })),
    );
    if (!quiet || !busy || !muted || !left) throw new Error('not started');
    const first = await syncAll(anna);
    expect(first.conversations.map(({ id }) => id).sort()).toEqual(
      [quiet, busy, muted, left].map(({ id }) => id).sort(),
    );
    expect(first.removed).toEqual([]);

    await installation.post(bob, busy.id, 'news');
    await installation.api().call('PATCH /conversations/:id/me', {
      token: anna.token,
      params: { id: muted.id },
      body: { muted: true },
    });
    await installation
      .api()
      .call('POST /conversations/:id/leave', { token: anna.token, params: { id: left.id } });
    const appeared = await installation.start(bob, [anna], { title: 'appeared' });
    const second = await syncAll(anna, first.cursor);
    expect(new Set(second.conversations.map(({ id }) => id))).toEqual(
      new Set([busy.id, muted.id, appeared.id]),
    );
    expect(second.removed).toEqual([left.id]);
    expect(second.conversations.find(({ id }) => id === busy.id)).toMatchObject({
      lastSeq: 2,
      me: { unread: 1 },
    });

    // What is written in a conversation after one has left is nobody's business: it is told once, at most again.
    const third = await syncAll(anna, second.cursor);
    await installation.post(bob, left.id, 'without anna');
    const fourth = await syncAll(anna, third.cursor);
    expect(fourth).toMatchObject({ conversations: [], removed: [] });
  });

  it('omits nothing that is committed while a slower transaction is open', async () => {
    const one = await installation.start(bob, [anna], { title: 'slow' });
    const two = await installation.start(bob, [anna], { title: 'fast' });
    const { cursor } = await syncAll(anna);
    // A transaction that took its number before, and is seen after, the next sync.
    const slow = installation.database.query(
      `WITH written AS (UPDATE conversations SET updated_at = now() WHERE id = $1 RETURNING id)
       SELECT pg_sleep(1.5), (SELECT id FROM written)`,
      [one.id],
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    await installation.post(bob, two.id, 'meanwhile');
    const between = await syncAll(anna, cursor);
    expect(between.conversations.map(({ id }) => id)).toEqual([two.id]);
    await slow;
    const after = await syncAll(anna, between.cursor);
    expect(after.conversations.map(({ id }) => id)).toContain(one.id);
  });

  it('catches up the conversations held, in an answer that stays bounded', async () => {
    const { id } = await installation.start(bob, [anna], { title: 'long' });
    const other = await installation.start(bob, [anna], { title: 'other' });
    const text = 'x'.repeat(7_000);
    const sent: Message[] = [];
    for (let index = 0; index < 40; index += 1) sent.push(await installation.post(bob, id, text));
    await installation.post(bob, other.id, 'short');
    const { cursor } = await syncAll(anna);

    const answer = await sync(anna, { cursor, conversations: { [id]: 1, [other.id]: 1 } });
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThanOrEqual(SYNC_ANSWER_BYTES_MAX);
    const long = answer.changes[id];
    const short = answer.changes[other.id];
    if (!long || !short) throw new Error('an entry is missing');
    expect(long).toMatchObject({ hasMore: true, reset: false });
    expect(long.messages.length).toBeGreaterThan(10);
    expect(long.lastRev).toBe(long.messages.at(-1)?.rev);
    expect(long.messages.map(({ rev }) => rev)).toEqual(long.messages.map((_, index) => index + 2));
    expect(short.lastRev === 2 ? !short.hasMore : short.hasMore && short.lastRev === 1).toBe(true);
    const rest = await installation.api().call('GET /conversations/:id/changes', {
      token: anna.token,
      params: { id },
      query: { since: long.lastRev, limit: 100 },
    });
    expect([...long.messages, ...rest.items].map((message) => message.id)).toEqual(
      sent.map((message) => message.id),
    );
    expect(rest).toMatchObject({ hasMore: false, lastRev: 41 });
  });

  it('says what is complete, what must be loaded anew and what is gone', async () => {
    const { id } = await installation.start(bob, [anna], { title: 'states' });
    const foreign = await installation.start(bob, [], { memberIds: [bob.user.id], title: 'of bob' });
    const { cursor } = await syncAll(anna);
    const answer = await sync(anna, { cursor, conversations: { [id]: 1, [foreign.id]: 1 } });
    expect(answer.changes).toEqual({ [id]: { messages: [], lastRev: 1, hasMore: false, reset: false } });
    expect(answer.removed).toEqual([foreign.id]);
    const ahead = await sync(anna, { cursor, conversations: { [id]: 7 } });
    expect(ahead.changes[id]).toEqual({ messages: [], lastRev: 1, hasMore: false, reset: true });
    const restored = await sync(anna, { epoch: 'another history', cursor, conversations: { [id]: 1 } });
    expect(restored.changes[id]).toMatchObject({ reset: true });
    expect(restored.conversations.length).toBeGreaterThan(1);
    // The cursor alone tells it, too.
    const foreignCursor = encodeSyncCursor('another history', { since: '1', paging: null });
    const unnamed = await sync(anna, { cursor: foreignCursor, conversations: { [id]: 1 } });
    expect(unnamed.changes[id]).toMatchObject({ lastRev: 1, reset: true });
    expect(unnamed.conversations.length).toBe(restored.conversations.length);
    const refusal = await installation
      .api()
      .refusal('POST /sync', { token: anna.token, body: { cursor: 'not ours', conversations: {} } });
    expect(refusal).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'cursor' }] });
  });

  it('pages many conversations over the socket, joins them, and loses none that moves meanwhile', async () => {
    const [carla] = (await installation.people('carla')) as [Person];
    const ids: string[] = [];
    for (let start = 0; start < 320; start += 20) {
      const started = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          installation.start(bob, [carla], { title: `number ${String(start + index)}` }),
        ),
      );
      ids.push(...started.map(({ id }) => id));
    }
    const socket: Connection = await installation.connect(carla, 1);
    const told: Conversation[] = [];
    let cursor: string | undefined;
    let pages = 0;
    for (;;) {
      const answer: SyncAnswer = await socket.command('sync', {
        conversations: {},
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThanOrEqual(SYNC_ANSWER_BYTES_MAX);
      told.push(...answer.conversations);
      cursor = answer.cursor;
      pages += 1;
      // One that was told already, and one that was not, move between the pages.
      if (pages === 1) {
        await installation.post(bob, told[0]?.id ?? '', 'moved');
        await installation.post(bob, ids.at(-1) ?? '', 'moved as well');
      }
      if (!answer.hasMore) break;
    }
    expect(new Set(told.map(({ id }) => id))).toEqual(new Set(ids));
    expect(pages).toBeLessThan(10);
    const next: SyncAnswer = await socket.command('sync', { conversations: {}, cursor });
    expect(next.conversations.map(({ id }) => id)).toContain(told[0]?.id);
    await installation.post(bob, ids[7] ?? '', 'live');
    await socket.next('changes', (event) => event.conversationId === ids[7] && event.toRev === 2);
  });
});
