import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

describe('read and delivered pointers', () => {
  let installation: Installation;
  let anna: Person;
  let bob: Person;
  let conversationId: string;
  let bobs: Connection;
  let annas: Connection;

  beforeAll(async () => {
    installation = await Installation.start([{}, {}]);
    [anna, bob] = (await installation.people('anna', 'bob')) as [Person, Person];
    conversationId = (await installation.start(anna, [bob])).id;
    for (let index = 0; index < 5; index += 1) await installation.post(anna, conversationId, String(index));
    [annas, bobs] = await Promise.all([installation.connect(anna, 0), installation.connect(bob, 1)]);
  });
  afterAll(() => installation.stop());

  const read = (person: Person, seq: number) =>
    installation.api().call('PUT /conversations/:id/read', {
      token: person.token,
      params: { id: conversationId },
      body: { seq },
    });
  const unread = async (person: Person) =>
    (
      await installation
        .api(1)
        .call('GET /conversations/:id', { token: person.token, params: { id: conversationId } })
    ).me;

  it('count what others wrote above the pointer', async () => {
    expect(await unread(bob)).toMatchObject({ readSeq: 1, unread: 5 });
    expect(await unread(anna)).toMatchObject({ readSeq: 6, unread: 0 });
  });

  it('move forward only, never past the head, and tell both people', async () => {
    expect(await read(bob, 4)).toEqual({ readSeq: 4, unread: 2 });
    expect(await read(bob, 2)).toEqual({ readSeq: 4, unread: 2 });
    const told = await annas.next('receipts', ({ receipts }) => receipts[0]?.userId === bob.user.id);
    expect(told.receipts).toEqual([{ userId: bob.user.id, readSeq: 4, deliveredSeq: 4 }]);
    await bobs.next('receipts', (event) => event.receipts[0]?.readSeq === 4);
    expect(await read(bob, 9_000_000_000)).toEqual({ readSeq: 6, unread: 0 });
    expect(await unread(bob)).toMatchObject({ readSeq: 6, deliveredSeq: 6, unread: 0 });
  });

  it('clear the mark "unread", and sending moves the own one', async () => {
    await installation.api().call('PATCH /conversations/:id/me', {
      token: bob.token,
      params: { id: conversationId },
      body: { markedUnread: true },
    });
    await read(bob, 6);
    expect(await unread(bob)).toMatchObject({ markedUnread: false });
    await installation.post(anna, conversationId, 'one more');
    expect(await unread(bob)).toMatchObject({ unread: 1 });
    await installation.post(bob, conversationId, 'an answer');
    expect(await unread(bob)).toMatchObject({ readSeq: 8, unread: 0 });
    expect(await unread(anna)).toMatchObject({ readSeq: 7, unread: 1 });
  });

  it('are joined into one write where they come faster than every 2 s, and none is refused', async () => {
    for (let index = 0; index < 6; index += 1)
      await installation.post(anna, conversationId, `more ${String(index)}`);
    const started = Date.now();
    const first = await bobs.command('conversation:delivered', { conversationId, seq: 9 });
    expect(first).toEqual({ deliveredSeq: 9 });
    expect(Date.now() - started).toBeLessThan(1_000);
    const joined = await Promise.all([
      bobs.command('conversation:read', { conversationId, seq: 10 }),
      bobs.command('conversation:read', { conversationId, seq: 12 }),
      bobs.command('conversation:read', { conversationId, seq: 11 }),
    ]);
    expect(joined).toEqual([1, 2, 3].map(() => ({ readSeq: 12, unread: 2 })));
    expect(Date.now() - started).toBeGreaterThan(1_500);
  });

  it('are told, and answered right, where a message of one’s own overtakes a move that waits', async () => {
    await bobs.command('conversation:delivered', { conversationId, seq: 13 });
    const waiting = bobs.command('conversation:read', { conversationId, seq: 13 });
    const mine = await installation.post(bob, conversationId, 'meanwhile');
    expect(await waiting).toEqual({ readSeq: mine.seq, unread: 0 });
    await annas.next('receipts', ({ receipts }) =>
      receipts.some(({ userId, readSeq }) => userId === bob.user.id && readSeq === mine.seq),
    );
  });

  it('are not there for somebody who is no member', async () => {
    const [stranger] = (await installation.people('stranger')) as [Person];
    const connection = await installation.connect(stranger);
    expect(await connection.send('conversation:read', { conversationId, seq: 1 })).toMatchObject({
      ok: false,
      error: { code: 'NOT_FOUND' },
    });
  });
});
