import type { RouteName } from '@parley/protocol';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api, Connection } from '../_support/api.js';
import type { Person, RequestOptions } from '../_support/api.js';
import { Contract } from '../_support/contract.js';
import type { StartedApp } from '../_support/start-app.js';
import { startApp } from '../_support/start-app.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';

describe('what the server answers is what its documents say', () => {
  let database: TestDatabase;
  let started: StartedApp;
  let api: Api;
  let contract: Contract;
  let ann: Person;
  let bob: Person;

  beforeAll(async () => {
    database = await createTestDatabase();
    started = await startApp({ databaseUrl: database.url });
    api = new Api(started.baseUrl);
    contract = await Contract.of(started.baseUrl);
    [ann, bob] = await Promise.all([api.register('ann'), api.register('bob')]);
  });
  afterAll(async () => {
    await started.close();
    await database.drop();
  });

  async function held<N extends RouteName>(name: N, options: RequestOptions = {}) {
    const { status, body } = await api.request(name, options);
    contract.holdAnswer(name, status, body);
    expect(status, JSON.stringify(body)).toBeLessThan(400);
    return body;
  }

  it('on the way of an account', async () => {
    const username = `account-${randomUUID().slice(0, 8)}`;
    const { accessToken: token } = await held('POST /auth/register', {
      body: { username, password: 'a good password', displayName: 'Account' },
    });
    const signedIn = await held('POST /auth/login', { body: { username, password: 'a good password' } });
    await held('POST /auth/refresh', { cookie: ann.cookie });
    await held('GET /users/me', { token });
    await held('PATCH /users/me', { token, body: { displayName: 'Another name' } });
    await held('GET /users', { token, query: { query: 'ann' } });
    await held('GET /users/:id', { token, params: { id: bob.user.id } });
    await held('GET /users/presence', { token, query: { ids: signedIn.user.id } });
    const { items } = await held('GET /auth/sessions', { token });
    expect(items).toHaveLength(2);
    await held('DELETE /auth/sessions/:id', {
      token,
      params: { id: items.find(({ current }) => !current)?.id ?? '' },
    });
    await held('DELETE /auth/sessions', { token });
    await held('POST /users/me/password', {
      token,
      body: { current: 'a good password', next: 'a better password' },
    });
    await held('POST /auth/logout', { token });
    await held('GET /health');
    await held('GET /health/ready');
  });

  it('on the way of a message, over REST and the socket', async () => {
    const socket = await Connection.as(started.baseUrl, bob);
    const token = ann.token;
    const { id } = await held('POST /conversations', {
      token,
      body: { kind: 'group', memberIds: [bob.user.id], title: 'Plans' },
    });
    const params = { id };
    await held('GET /conversations', { token });
    await held('GET /conversations/:id', { token, params });
    await held('PATCH /conversations/:id', { token, params, body: { title: 'Better plans' } });
    await held('PATCH /conversations/:id/me', { token, params, body: { muted: true } });
    await held('GET /conversations/:id/members', { token, params });
    const message = await held('POST /conversations/:id/messages', {
      token,
      params,
      body: { clientMessageId: 'rest-1', text: `Hello @${bob.user.username}` },
    });
    await held('POST /conversations/:id/messages', {
      token,
      params,
      body: { clientMessageId: 'rest-1', text: 'again' },
    });
    await held('PATCH /messages/:id', { token, params: { id: message.id }, body: { text: 'Hello all' } });
    await held('PUT /messages/:id/reactions/:emoji', { token, params: { id: message.id, emoji: '👍' } });
    await held('GET /messages/:id/edits', { token, params: { id: message.id } });
    await held('GET /messages/:id/reactions', { token, params: { id: message.id }, query: { emoji: '👍' } });
    await held('PUT /messages/:id/pin', { token, params: { id: message.id } });
    await held('GET /conversations/:id/pins', { token, params });
    await held('GET /conversations/:id/messages', { token, params });
    await held('GET /conversations/:id/changes', { token, params, query: { since: 0 } });
    await held('GET /messages/:id/thread', { token, params: { id: message.id } });
    await held('PUT /conversations/:id/read', { token, params, body: { seq: message.seq } });
    await held('POST /sync', { token, body: { conversations: { [id]: 0 } } });
    await held('GET /channels', { token });

    const send = await socket.send('message:send', {
      conversationId: id,
      clientMessageId: 'socket-1',
      text: 'From the socket',
    });
    if (!send.ok) throw new Error(JSON.stringify(send));
    contract.holdResult('message:send', send.data);
    expect(send.rate).toEqual({
      limit: 1_000_000,
      remaining: 999_999,
      resetMs: expect.any(Number) as number,
    });
    const { id: messageId } = send.data.message;
    contract.holdResult('message:edit', await socket.command('message:edit', { messageId, text: 'Edited' }));
    contract.holdResult('reaction:add', await socket.command('reaction:add', { messageId, emoji: '🎉' }));
    contract.holdResult(
      'reaction:remove',
      await socket.command('reaction:remove', { messageId, emoji: '🎉' }),
    );
    contract.holdResult(
      'conversation:read',
      await socket.command('conversation:read', { conversationId: id, seq: 1 }),
    );
    contract.holdResult(
      'conversation:delivered',
      await socket.command('conversation:delivered', { conversationId: id, seq: 1 }),
    );
    contract.holdResult('typing:start', await socket.command('typing:start', { conversationId: id }));
    contract.holdResult('presence:watch', await socket.command('presence:watch', { userIds: [ann.user.id] }));
    contract.holdResult('presence:set', await socket.command('presence:set', { status: 'away' }));
    contract.holdResult('sync', await socket.command('sync', { conversations: { [id]: 0 } }));
    contract.holdResult('message:delete', await socket.command('message:delete', { messageId }));
    contract.holdResult('auth:refresh', await socket.command('auth:refresh', { token: bob.token }));
    const refused = await socket.send('message:edit', { messageId: randomUUID(), text: 'x' });
    contract.holdError(refused.ok ? null : refused.error);

    await socket.next('changes', ({ messages }) =>
      messages.some((each) => each.id === messageId && each.deletedAt !== null),
    );
    await held('DELETE /conversations/:id', { token, params });
    await socket.next('conversation:removed');
    for (const { event, payload } of socket.received) contract.holdEvent(event, payload);
    const kinds = new Set(socket.received.map(({ event }) => event));
    for (const event of ['ready', 'conversation', 'changes', 'typing', 'conversation:removed'] as const)
      expect(kinds).toContain(event);
    socket.close();
  });
});
