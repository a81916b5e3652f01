import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OutgoingStore } from '../../src/messaging/outgoing.store.js';
import type { Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

describe('one client id, one message', () => {
  let installation: Installation;
  let anna: Person;
  let bob: Person;
  let conversationId: string;

  beforeAll(async () => {
    installation = await Installation.start([
      { environment: { RATE_LIMIT_SCALE: '1', RATE_LIMIT_MESSAGES_PER_MINUTE: '400' } },
      { environment: { RATE_LIMIT_SCALE: '1', RATE_LIMIT_MESSAGES_PER_MINUTE: '400' } },
    ]);
    [anna, bob] = (await installation.people('anna', 'bob')) as [Person, Person];
    conversationId = (await installation.start(anna, [bob])).id;
  });

  afterAll(() => installation.stop());

  it('holds when raced over REST and socket on both instances, with different texts', async () => {
    const sockets = [await installation.connect(anna, 0), await installation.connect(anna, 1)];
    const ids = Array.from({ length: 12 }, () => randomUUID());
    const answers = await Promise.all(
      ids.flatMap((clientMessageId) => [
        ...sockets.map((socket, index) =>
          socket
            .command('message:send', { conversationId, clientMessageId, text: `by socket ${String(index)}` })
            .then(({ message, duplicate }) => ({ message, isNew: duplicate !== true })),
        ),
        ...[0, 1].map((index) =>
          installation
            .api(index)
            .request('POST /conversations/:id/messages', {
              token: anna.token,
              params: { id: conversationId },
              body: { clientMessageId, text: `by REST ${String(index)}` },
            })
            .then(({ status, body }) => ({ message: body, isNew: status === 201 })),
        ),
      ]),
    );
    for (const [index, clientMessageId] of ids.entries()) {
      const four = answers.slice(index * 4, index * 4 + 4);
      expect(four.filter(({ isNew }) => isNew)).toHaveLength(1);
      for (const { message } of four) expect(message).toEqual(four[0]?.message);
      expect(four[0]?.message.clientMessageId).toBe(clientMessageId);
    }
    const rows = await installation.database.query<{ seq: number; rev: number }>(
      'SELECT seq, rev FROM messages WHERE conversation_id = $1 ORDER BY seq',
      [conversationId],
    );
    expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: 13 }, (_, index) => index + 1));
    expect(rows.map((row) => row.rev)).toEqual(rows.map((row) => row.seq));
  });

  it('answers a repeat with the message in its present state, and takes nothing from the budget', async () => {
    const socket = await installation.connect(anna, 0);
    const clientMessageId = randomUUID();
    const first = await socket.send('message:send', { conversationId, clientMessageId, text: 'first' });
    if (!first.ok) throw new Error('the first send failed');
    await socket.command('message:edit', { messageId: first.data.message.id, text: 'edited' });
    const repeat = await socket.send('message:send', { conversationId, clientMessageId, text: 'other' });
    expect(repeat).toMatchObject({
      ok: true,
      data: {
        duplicate: true,
        message: { id: first.data.message.id, seq: first.data.message.seq, text: 'edited' },
      },
    });
    expect(repeat.rate?.remaining).toBe(first.rate?.remaining);
    expect(repeat.rate?.limit).toBe(400);
  });

  it('keeps the id of one sender, and of one conversation, apart from another', async () => {
    const clientMessageId = 'the-same-id';
    const mine = await installation.post(anna, conversationId, 'mine', { clientMessageId });
    const his = await installation.post(bob, conversationId, 'his', { clientMessageId });
    const other = await installation.start(anna, [bob], { title: 'Other' });
    const elsewhere = await installation.post(anna, other.id, 'elsewhere', { clientMessageId });
    expect(new Set([mine.id, his.id, elsewhere.id]).size).toBe(3);
  });

  it('compares client ids exactly', async () => {
    const lower = await installation.post(anna, conversationId, 'lower', { clientMessageId: 'abc' });
    const upper = await installation.post(anna, conversationId, 'upper', { clientMessageId: 'ABC' });
    expect(upper.id).not.toBe(lower.id);
  });
});

describe('the message limit', () => {
  let installation: Installation;

  beforeAll(async () => {
    installation = await Installation.start([
      { environment: { RATE_LIMIT_SCALE: '1', RATE_LIMIT_MESSAGES_PER_MINUTE: '3' } },
      { environment: { RATE_LIMIT_SCALE: '1', RATE_LIMIT_MESSAGES_PER_MINUTE: '3' } },
    ]);
  });
  afterAll(() => installation.stop());

  it('counts over all instances, tells the budget, refuses as retryable and still answers repeats', async () => {
    const [anna, bob] = (await installation.people('anna', 'bob')) as [Person, Person];
    const { id: conversationId } = await installation.start(anna, [bob]);
    const socket = await installation.connect(anna, 1);
    const first = await socket.send('message:send', { conversationId, clientMessageId: 'one', text: '1' });
    expect(first.rate).toMatchObject({ limit: 3, remaining: 2 });
    const second = await installation.api(0).request('POST /conversations/:id/messages', {
      token: anna.token,
      params: { id: conversationId },
      body: { clientMessageId: 'two', text: '2' },
    });
    expect(second.status).toBe(201);
    expect(second.headers.get('ratelimit-limit')).toBe('3');
    expect(second.headers.get('ratelimit-remaining')).toBe('1');
    expect(Number(second.headers.get('ratelimit-reset'))).toBeGreaterThan(0);
    await socket.command('message:send', { conversationId, clientMessageId: 'three', text: '3' });

    const refused = await socket.send('message:send', { conversationId, clientMessageId: 'four', text: '4' });
    expect(refused).toMatchObject({
      ok: false,
      error: { code: 'RATE_LIMITED', retryable: true, limit: 'messagesPerMinute', remaining: 0 },
      rate: { limit: 3, remaining: 0 },
    });
    if (refused.ok) throw new Error('it was not refused');
    expect(refused.error.retryAfterMs).toBeGreaterThan(0);
    const onRest = await installation.api(0).request('POST /conversations/:id/messages', {
      token: anna.token,
      params: { id: conversationId },
      body: { clientMessageId: 'four', text: '4' },
    });
    expect(onRest.status).toBe(429);
    expect(Number(onRest.headers.get('retry-after'))).toBeGreaterThan(0);

    const repeat = await socket.send('message:send', { conversationId, clientMessageId: 'one', text: '1' });
    expect(repeat).toMatchObject({ ok: true, data: { duplicate: true, message: { text: '1' } } });
    // Who is no member learns that, and nothing of the budget.
    const stranger = await installation.start(bob, [bob], { title: 'Without anna' });
    expect(
      await socket.send('message:send', { conversationId: stranger.id, clientMessageId: 'one', text: '1' }),
    ).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' }, rate: { remaining: 0 } });
    // The socket stays open, and others are not concerned.
    expect((await installation.post(bob, conversationId, 'me too')).text).toBe('me too');
    expect(socket.socket.connected).toBe(true);
  });

  it('refuses no new message for repeats that are under way', async () => {
    const [anna, bob] = (await installation.people('anna', 'bob')) as [Person, Person];
    const { id: conversationId } = await installation.start(anna, [bob]);
    const socket = await installation.connect(anna, 0);
    const send = (clientMessageId: string) =>
      socket.send('message:send', { conversationId, clientMessageId, text: clientMessageId });
    await send('one');
    await send('two');
    // The budget is for one more, which a repeat takes until the lock is free. When the new message has been looked
    // for, it has been given back.
    const lock = installation.database.query(
      'WITH held AS (SELECT id FROM conversations WHERE id = $1 FOR UPDATE) SELECT pg_sleep(0.6) FROM held',
      [conversationId],
    );
    await new Promise((resolve) => setTimeout(resolve, 150));
    const repeats = Promise.all([send('one'), send('two')]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const find = Object.getOwnPropertyDescriptor(OutgoingStore.prototype, 'findKnown')
      ?.value as OutgoingStore['findKnown'];
    const slowly = vi.spyOn(OutgoingStore.prototype, 'findKnown').mockImplementation(async function (
      this: OutgoingStore,
      ...known
    ) {
      await repeats;
      return find.apply(this, known);
    });
    const fresh = await send('three');
    slowly.mockRestore();
    for (const repeat of await repeats) expect(repeat).toMatchObject({ ok: true, data: { duplicate: true } });
    await lock;
    expect(fresh).toMatchObject({ ok: true, rate: { remaining: 0 } });
  });
});
