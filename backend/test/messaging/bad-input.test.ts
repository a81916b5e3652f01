import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

const NOBODY = '01890000-0000-7000-8000-000000000000';

describe('what may be sent', () => {
  let installation: Installation;
  let anna: Person;
  let socket: Connection;
  let conversationId: string;

  beforeAll(async () => {
    installation = await Installation.start();
    const people = await installation.people('anna', 'bob');
    [anna] = people as [Person];
    conversationId = (await installation.start(anna, people.slice(1))).id;
    socket = await installation.connect(anna);
  });
  afterAll(() => installation.stop());

  async function stored(): Promise<number> {
    const [row] = await installation.database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM messages WHERE conversation_id = $1',
      [conversationId],
    );
    return row?.count ?? 0;
  }

  const good = { clientMessageId: 'good', text: 'good' };
  it.each<[string, object, string]>([
    ['no client id', { clientMessageId: undefined }, 'clientMessageId'],
    ['an empty client id', { clientMessageId: '' }, 'clientMessageId'],
    ['a long client id', { clientMessageId: 'x'.repeat(65) }, 'clientMessageId'],
    ['a client id with a blank', { clientMessageId: 'a b' }, 'clientMessageId'],
    ['a client id that is a number', { clientMessageId: 5 }, 'clientMessageId'],
    ['no text', { text: undefined }, 'text'],
    ['an empty text', { text: '' }, 'text'],
    ['a text that is null', { text: null }, 'text'],
    ['a text that is a list', { text: ['x'] }, 'text'],
    ['a text with U+0000', { text: 'a\u0000b' }, 'text'],
    ['a lone high surrogate', { text: 'a\ud800' }, 'text'],
    ['a lone low surrogate', { text: '\udc00a' }, 'text'],
    ['8,001 characters', { text: 'x'.repeat(8_001) }, 'text'],
    ['8,001 emoji', { text: '😀'.repeat(8_001) }, 'text'],
    ['a reply to no id', { replyToId: 'x' }, 'replyToId'],
    ['a thread of no id', { threadRootId: 7 }, 'threadRootId'],
    ['attachments that are no list', { attachmentIds: 'x' }, 'attachmentIds'],
    ['11 attachments', { attachmentIds: Array.from({ length: 11 }, () => NOBODY) }, 'attachmentIds'],
    ['an attachment of no id', { attachmentIds: ['x'] }, 'attachmentIds'],
    ['an unknown field', { urgent: true }, 'urgent'],
    ['a number that the server gives', { seq: 9 }, 'seq'],
  ])('refuses %s', async (_, wrong, path) => {
    const before = await stored();
    const body = { ...good, ...wrong };
    const refusal = await installation.api().refusal('POST /conversations/:id/messages', {
      token: anna.token,
      params: { id: conversationId },
      body,
    });
    expect(refusal).toMatchObject({ status: 400, code: 'VALIDATION_FAILED', retryable: false });
    expect(refusal.fields?.map((field) => field.path)).toContain(path);
    const ack = await socket.sendRaw('message:send', { conversationId, ...body });
    expect(ack).toMatchObject({ ok: false, error: { code: 'VALIDATION_FAILED' } });
    expect(ack).toHaveProperty('rate.remaining');
    expect(await stored()).toBe(before);
  });

  it.each<[string, object, string]>([
    ['a reply to nothing', { replyToId: NOBODY }, 'replyToId'],
    ['a thread of nothing', { threadRootId: NOBODY }, 'threadRootId'],
    ['an unknown attachment', { attachmentIds: [NOBODY], text: '' }, 'attachmentIds'],
  ])('does not find %s', async (_, wrong, path) => {
    const ack = await socket.sendRaw('message:send', { conversationId, ...good, ...wrong });
    expect(ack).toMatchObject({
      ok: false,
      error: { code: 'NOT_FOUND', retryable: false, fields: [{ path }] },
    });
    expect(ack).toHaveProperty('rate');
  });

  it('does not find a conversation that is not there, or not theirs', async () => {
    const stranger = await installation.api().register('stranger');
    const strangers = await installation.connect(stranger);
    for (const [connection, id] of [
      [socket, NOBODY],
      [strangers, conversationId],
    ] as const) {
      const ack = await connection.send('message:send', { conversationId: id, ...good });
      expect(ack).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
    }
  });

  it.each<[string, string]>([
    ['8,000 characters', 'x'.repeat(8_000)],
    ['8,000 emoji', '😀'.repeat(8_000)],
    ['one blank', ' '],
    ['signs of every kind', '\u0001\u2028\u202e<script>\'"\\%_;--\ufffd\ufffe'],
    ['a joined emoji', '👩‍👩‍👧‍👦'],
    ['right to left', 'שלום עולם'],
  ])('keeps %s as it is', async (_, text) => {
    const { message } = await socket.command('message:send', {
      conversationId,
      clientMessageId: crypto.randomUUID(),
      text,
    });
    expect(message.text).toBe(text);
    const page = await installation.history(anna, conversationId, { limit: 1 });
    expect(page.items[0]?.text).toBe(text);
  });

  it('takes null as absent, and a client id of 64 signs', async () => {
    const { message } = await socket.command('message:send', {
      conversationId,
      clientMessageId: 'Az09_-'.repeat(10) + 'abcd',
      text: 'null fields',
      replyToId: null,
      threadRootId: null,
    });
    expect(message).toMatchObject({ replyToId: null, threadRootId: null });
  });
});
