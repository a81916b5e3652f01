import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

/** Long enough for a frame to cross instances, where one must not. */
const QUIET_MS = 400;

describe('people who come and go', () => {
  let installation: Installation;
  let anna: Person;
  let bob: Person;
  let carla: Person;
  let annas: Connection;
  let bobs: Connection;
  let carlas: Connection;

  beforeAll(async () => {
    installation = await Installation.start([{}, {}]);
    [anna, bob, carla] = (await installation.people('anna', 'bob', 'carla')) as [Person, Person, Person];
    [annas, bobs, carlas] = await Promise.all([
      installation.connect(anna, 0),
      installation.connect(bob, 1),
      installation.connect(carla, 1),
    ]);
  });
  afterAll(() => installation.stop());

  const framesAfter = (connection: Connection, conversationId: string, rev: number) =>
    connection.received.filter(
      ({ event, payload }) =>
        event === 'changes' &&
        'toRev' in payload &&
        payload.conversationId === conversationId &&
        payload.toRev > rev,
    );

  it('get the conversation and what follows, go without a trace of what comes after, and can come again', async () => {
    const api = installation.api();
    const { id } = await installation.start(anna, [bob]);
    await bobs.next('conversation', ({ conversation }) => conversation.id === id);
    await installation.post(anna, id, 'before carla');

    const added = await api.call('POST /conversations/:id/members', {
      token: bob.token,
      params: { id },
      body: { userIds: [carla.user.id, anna.user.id] },
    });
    expect(added.items.map(({ user }) => user.id).sort()).toEqual([anna.user.id, carla.user.id].sort());
    const { conversation } = await carlas.next('conversation', (event) => event.conversation.id === id);
    expect(conversation.me).toMatchObject({ joinedRev: 3, unread: 0, role: 'member' });
    const told = await annas.next('changes', (event) => event.conversationId === id && event.toRev === 3);
    expect(told.messages[0]?.system).toEqual({ type: 'members-added', userIds: [carla.user.id] });
    // She reads the whole log, and what comes now arrives live.
    expect((await installation.history(carla, id, {}, 1)).items).toHaveLength(3);
    await installation.post(anna, id, 'welcome');
    await carlas.next('changes', (event) => event.conversationId === id && event.toRev === 4);

    await api.call('DELETE /conversations/:id/members/:userId', {
      token: anna.token,
      params: { id, userId: carla.user.id },
    });
    const removed = await carlas.next('conversation:removed', (event) => event.conversationId === id);
    expect(removed.rev).toBe(5);
    await installation.post(anna, id, 'after carla');
    await bobs.next('changes', (event) => event.conversationId === id && event.toRev === 6);
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    expect(framesAfter(carlas, id, 5)).toEqual([]);
    expect(
      await carlas.send('message:send', { conversationId: id, clientMessageId: 'x', text: 'x' }),
    ).toMatchObject({
      ok: false,
      error: { code: 'NOT_FOUND' },
    });

    const again = await api.call('POST /conversations/:id/members', {
      token: anna.token,
      params: { id },
      body: { userIds: [carla.user.id] },
    });
    expect(again.items).toMatchObject([{ user: { id: carla.user.id }, role: 'member' }]);
    const back = await carlas.next(
      'conversation',
      (event) => event.conversation.id === id && event.conversation.me.joinedRev === 7,
    );
    expect(back.conversation.me.joinedRev).toBeGreaterThan(removed.rev);
    await installation.post(bob, id, 'again');
    await carlas.next('changes', (event) => event.conversationId === id && event.toRev === 8);
  });

  it('are told of a change of role, and lose a conversation that is deleted', async () => {
    const api = installation.api();
    const { id } = await installation.start(anna, [bob], { kind: 'channel', title: 'Short-lived' });
    await api.call('PATCH /conversations/:id/members/:userId', {
      token: anna.token,
      params: { id, userId: bob.user.id },
      body: { role: 'admin' },
    });
    await bobs.next(
      'conversation',
      ({ conversation }) => conversation.id === id && conversation.me.role === 'admin',
    );
    const renamed = await api.call('PATCH /conversations/:id', {
      token: bob.token,
      params: { id },
      body: { title: 'Renamed', topic: 'All of it' },
    });
    expect(renamed).toMatchObject({ title: 'Renamed', topic: 'All of it', lastRev: 4 });
    const frame = await annas.next('changes', (event) => event.conversationId === id && event.toRev === 4);
    expect(frame.fromRev).toBe(2);
    expect(frame.messages.map(({ system }) => system)).toEqual([
      { type: 'title', from: 'Short-lived', to: 'Renamed' },
      { type: 'topic', from: null, to: 'All of it' },
    ]);
    const { status } = await api.request('DELETE /conversations/:id', { token: anna.token, params: { id } });
    expect(status).toBe(204);
    await Promise.all(
      [annas, bobs].map((connection) =>
        connection.next('conversation:removed', (event) => event.conversationId === id),
      ),
    );
    expect(await api.refusal('GET /conversations/:id', { token: anna.token, params: { id } })).toMatchObject({
      code: 'NOT_FOUND',
    });
    const list = await api.call('GET /conversations', { token: bob.token });
    expect(list.items.map((conversation) => conversation.id)).not.toContain(id);
  });

  it('fold into one message when they come by themselves', async () => {
    const api = installation.api();
    const { id } = await installation.start(anna, [bob], {
      kind: 'channel',
      visibility: 'public',
      title: 'Open',
    });
    const newcomers = await installation.people('dan', 'eve');
    for (const { token } of newcomers)
      await api.call('POST /conversations/:id/join', { token, params: { id } });
    const page = await installation.history(anna, id);
    expect(page.items.at(-1)).toMatchObject({
      seq: 2,
      rev: 3,
      system: { type: 'joined', userIds: newcomers.map(({ user }) => user.id) },
    });
    await bobs.next(
      'changes',
      (event) => event.conversationId === id && event.fromRev === 2 && event.toRev === 3,
    );
    const members = await api.call('GET /conversations/:id/members', {
      token: bob.token,
      params: { id },
      query: { limit: 3 },
    });
    expect(members.items).toHaveLength(3);
    const rest = await api.call('GET /conversations/:id/members', {
      token: bob.token,
      params: { id },
      query: { cursor: members.nextCursor ?? '' },
    });
    expect([...members.items, ...rest.items].map(({ user }) => user.id)).toEqual(
      [anna, bob, ...newcomers].map(({ user }) => user.id).sort(),
    );
  });

  it('see a new name of somebody they share a conversation with', async () => {
    const { id } = await installation.start(anna, [bob]);
    await bobs.next('conversation', ({ conversation }) => conversation.id === id);
    const stranger = await installation.connect(await installation.somebody('stranger'), 1);
    await installation
      .api()
      .call('PATCH /users/me', { token: anna.token, body: { displayName: 'Anna the First' } });
    const { user } = await bobs.next('user', (event) => event.user.id === anna.user.id);
    expect(user.displayName).toBe('Anna the First');
    expect(stranger.received.map(({ event }) => event)).not.toContain('user');
  });
});
