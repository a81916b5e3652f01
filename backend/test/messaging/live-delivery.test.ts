import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../_support/api.js';
import { Api, Connection } from '../_support/api.js';
import type { StartedApp } from '../_support/start-app.js';
import { startApp } from '../_support/start-app.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';

describe('two people on two instances', () => {
  let database: TestDatabase;
  let apps: StartedApp[];
  let anna: Person;
  let bob: Person;
  let first: Api;
  let second: Api;

  beforeAll(async () => {
    database = await createTestDatabase();
    apps = await Promise.all([
      startApp({ databaseUrl: database.url }),
      startApp({ databaseUrl: database.url }),
    ]);
    [first, second] = apps.map((app) => new Api(app.baseUrl)) as [Api, Api];
    [anna, bob] = await Promise.all([first.register('anna'), second.register('bob')]);
  });

  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });

  it('see a new conversation and its messages live, and find them in the history', async () => {
    const [annas, bobs] = await Promise.all([
      Connection.as(first.baseUrl, anna),
      Connection.as(second.baseUrl, bob),
    ]);
    const conversation = await first.call('POST /conversations', {
      token: anna.token,
      body: { kind: 'direct', memberIds: [bob.user.id] },
    });
    const appeared = await bobs.next('conversation', (event) => event.conversation.id === conversation.id);
    expect(appeared.conversation.participants.map((user) => user.id).sort()).toEqual(
      [anna.user.id, bob.user.id].sort(),
    );

    const sent = await annas.command('message:send', {
      conversationId: conversation.id,
      clientMessageId: randomUUID(),
      text: 'Hello Bob',
    });
    expect(sent.message).toMatchObject({ seq: 2, rev: 2, text: 'Hello Bob', senderId: anna.user.id });
    const frame = await bobs.next('changes', (event) => event.toRev === 2);
    expect(frame).toMatchObject({ conversationId: conversation.id, fromRev: 1, messages: [sent.message] });
    // The sender's own sockets are told as well.
    expect(await annas.next('changes', (event) => event.toRev === 2)).toEqual(frame);

    const page = await second.call('GET /conversations/:id/messages', {
      token: bob.token,
      params: { id: conversation.id },
    });
    expect(page.items.at(-1)).toEqual(sent.message);
    expect(page).toMatchObject({ hasBefore: false, hasAfter: false, lastRev: 2 });
    const list = await second.call('GET /conversations', { token: bob.token });
    expect(list.items[0]).toMatchObject({ id: conversation.id, lastSeq: 2, me: { unread: 1 } });
    annas.close();
    bobs.close();
  });
});
