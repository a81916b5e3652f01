import type { Receipt } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';
import { startTcpProxy } from '../_support/tcp-proxy.js';

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

  const read = (person: Person, seq: number, id = conversationId) =>
    installation.api().call('PUT /conversations/:id/read', {
      token: person.token,
      params: { id },
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

  it('tell the other devices that the mark went, whoever took it away by reading or by sending', async () => {
    const { id } = await installation.start(anna, [bob], { title: 'Marked' });
    const { seq } = await installation.post(anna, id, 'read this');
    for (const unmark of [() => read(bob, seq, id), () => installation.post(bob, id, 'an answer')]) {
      await installation.api().call('PATCH /conversations/:id/me', {
        token: bob.token,
        params: { id },
        body: { markedUnread: true },
      });
      await bobs.next(
        'conversation',
        ({ conversation }) => conversation.id === id && conversation.me.markedUnread,
      );
      bobs.received.length = 0;
      await unmark();
      // What was told before, of the new conversation, may have been read after the mark: then two say that it is set.
      const { conversation } = await bobs.next(
        'conversation',
        (event) => event.conversation.id === id && !event.conversation.me.markedUnread,
      );
      expect(conversation.me.unread).toBe(0);
    }
    bobs.received.length = 0;
    await installation.post(bob, id, 'and another, which changes no mark');
    await bobs.next('changes', (event) => event.conversationId === id);
    expect(bobs.received.filter(({ event }) => event === 'conversation')).toEqual([]);
  });

  it.each(['open', 'cut'] as const)(
    'are told where the answer of PostgreSQL was lost, and the way to it is then %s',
    async (way) => {
      const proxy = await startTcpProxy(installation.database.url);
      const behind = await Installation.startOn(installation, { databaseUrl: proxy.url });
      try {
        const { id } = await installation.start(anna, [bob], { title: 'Lost' });
        await installation.post(anna, id, 'one');
        const { seq } = await installation.post(anna, id, 'two');
        const move = { token: bob.token, params: { id }, body: { seq } };
        proxy.loseAnswerTo('advance_pointers', way);
        // The instance asks again by itself while it can.
        if (way === 'cut') {
          expect(await behind.api().refusal('PUT /conversations/:id/read', move)).toMatchObject({
            code: 'UNAVAILABLE',
          });
          proxy.heal();
        } else
          expect(await behind.api().call('PUT /conversations/:id/read', move)).toMatchObject({ unread: 0 });
        const isTold = (event: { conversationId: string; receipts: Receipt[] }): boolean =>
          event.conversationId === id &&
          event.receipts.some(({ userId, readSeq }) => userId === bob.user.id && readSeq === seq);
        // It is stored: bob's other devices are told without a repeat of his, everybody by it.
        await bobs.next('receipts', isTold, 5_000);
        expect(await behind.api().call('PUT /conversations/:id/read', move)).toEqual({
          readSeq: seq,
          unread: 0,
        });
        await annas.next('receipts', isTold);
      } finally {
        await behind.closeInstances();
        await proxy.close();
      }
    },
  );

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
