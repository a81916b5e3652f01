import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

const NOBODY = '01890000-0000-7000-8000-000000000000';

describe('starting conversations', () => {
  let installation: Installation;
  let anna: Person;
  let bob: Person;
  let carla: Person;

  beforeAll(async () => {
    installation = await Installation.start([{}, {}]);
    [anna, bob, carla] = (await installation.people('anna', 'bob', 'carla')) as [Person, Person, Person];
  });
  afterAll(() => installation.stop());

  it('makes one direct for a pair, raced from both sides on both instances', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => {
        const [from, to] = index % 2 === 0 ? [anna, bob] : [bob, anna];
        return installation.api(Math.floor(index / 2) % 2).request('POST /conversations', {
          token: from.token,
          body: { kind: 'direct', memberIds: [to.user.id] },
        });
      }),
    );
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(11).fill(200), 201]);
    const rows = await installation.database.query("SELECT 1 FROM conversations WHERE kind = 'direct'");
    expect(rows).toHaveLength(1);
  });

  it('answers a repeated client id with what it made first', async () => {
    const body = { kind: 'group', memberIds: [bob.user.id], title: 'Once', clientConversationId: 'once' };
    const answers = await Promise.all(
      [0, 1, 0, 1].map((instance) =>
        installation.api(instance).request('POST /conversations', { token: anna.token, body }),
      ),
    );
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const others = await installation
      .api()
      .request('POST /conversations', { token: bob.token, body: { ...body, memberIds: [anna.user.id] } });
    expect(others.status).toBe(201);
  });

  it('shows the whole conversation to its creator', async () => {
    const conversation = await installation.start(anna, [bob, carla], { title: 'Plans' });
    expect(conversation).toMatchObject({
      kind: 'group',
      visibility: 'private',
      title: 'Plans',
      topic: null,
      memberCount: 3,
      lastSeq: 1,
      lastRev: 1,
      lastMessage: { kind: 'system', system: { type: 'created' }, senderId: anna.user.id },
      me: { role: 'owner', joinedRev: 1, unread: 0, mentions: 0, muted: false, notify: 'all' },
    });
    expect(conversation.participants.map(({ id }) => id).sort()).toEqual(
      [anna, bob, carla].map(({ user }) => user.id).sort(),
    );
  });

  it.each<[string, (people: { anna: string; bob: string; carla: string }) => object, string, string]>([
    [
      'a direct with oneself',
      (ids) => ({ kind: 'direct', memberIds: [ids.anna] }),
      'VALIDATION_FAILED',
      'memberIds',
    ],
    [
      'a direct with two',
      (ids) => ({ kind: 'direct', memberIds: [ids.bob, ids.carla] }),
      'VALIDATION_FAILED',
      'memberIds',
    ],
    ['a direct with nobody', () => ({ kind: 'direct', memberIds: [] }), 'VALIDATION_FAILED', 'memberIds'],
    ['a direct with a stranger', () => ({ kind: 'direct', memberIds: [NOBODY] }), 'NOT_FOUND', 'memberIds'],
    [
      'a group with a stranger',
      (ids) => ({ kind: 'group', memberIds: [ids.bob, NOBODY] }),
      'NOT_FOUND',
      'memberIds',
    ],
    [
      'a title on a direct',
      (ids) => ({ kind: 'direct', memberIds: [ids.bob], title: 'x' }),
      'VALIDATION_FAILED',
      'title',
    ],
    [
      'a public direct',
      (ids) => ({ kind: 'direct', memberIds: [ids.bob], visibility: 'public' }),
      'VALIDATION_FAILED',
      'visibility',
    ],
    [
      'a public group',
      (ids) => ({ kind: 'group', memberIds: [ids.bob], visibility: 'public' }),
      'VALIDATION_FAILED',
      'visibility',
    ],
    ['another kind', (ids) => ({ kind: 'room', memberIds: [ids.bob] }), 'VALIDATION_FAILED', 'kind'],
    [
      'a blank title',
      (ids) => ({ kind: 'group', memberIds: [ids.bob], title: ' ' }),
      'VALIDATION_FAILED',
      'title',
    ],
  ])('refuses %s', async (_, body, code, path) => {
    const refusal = await installation.api().refusal('POST /conversations', {
      token: anna.token,
      body: body({ anna: anna.user.id, bob: bob.user.id, carla: carla.user.id }),
    });
    expect(refusal).toMatchObject({ code, retryable: false });
    expect(refusal.fields?.map((field) => field.path)).toContain(path);
  });

  it('lists the latest activity first, in pages', async () => {
    const reader = await installation.api().register('reader');
    const ids: string[] = [];
    for (const title of ['a', 'b', 'c', 'd', 'e']) {
      ids.push((await installation.start(reader, [bob], { title })).id);
    }
    await installation.post(bob, ids[1] ?? '', 'moves to the top');
    const listed: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: { id: string }[]; nextCursor: string | null } = await installation
        .api()
        .call('GET /conversations', {
          token: reader.token,
          query: { limit: 2, ...(cursor ? { cursor } : {}) },
        });
      listed.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(listed).toEqual([ids[1], ids[4], ids[3], ids[2], ids[0]]);
    for (const bad of ['x', 'e30', Buffer.from('["members","x"]').toString('base64url')]) {
      const refusal = await installation
        .api()
        .refusal('GET /conversations', { token: reader.token, query: { cursor: bad } });
      expect(refusal).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'cursor' }] });
    }
  });

  it('lists public channels by title, to be joined', async () => {
    const start = (title: string, visibility: 'public' | 'private') =>
      installation.start(anna, [bob], { kind: 'channel', title, visibility });
    const [open] = await Promise.all([
      start('50% off_topic', 'public'),
      start('Zebra', 'public'),
      start('50 secrets', 'private'),
    ]);
    const find = (query: string) =>
      installation.api().call('GET /channels', { token: carla.token, query: { query } });
    expect((await find('50% OFF_')).items).toMatchObject([{ id: open.id, joined: false, memberCount: 2 }]);
    expect((await find('50%o')).items).toEqual([]);
    const page = await installation.api().call('GET /channels', { token: carla.token, query: { limit: 1 } });
    expect(page.items).toHaveLength(1);
    const rest = await installation
      .api()
      .call('GET /channels', { token: carla.token, query: { cursor: page.nextCursor ?? '' } });
    expect(rest.items.map(({ title }) => title)).toEqual(['Zebra']);
    const joined = await installation
      .api()
      .call('POST /conversations/:id/join', { token: carla.token, params: { id: open.id } });
    expect(joined).toMatchObject({
      memberCount: 3,
      lastMessage: { system: { type: 'joined' } },
      me: { joinedRev: 2 },
    });
    expect((await find('50% off')).items[0]?.joined).toBe(true);
  });

  it('keeps the own side of each member: muted, pinned, archived, notify, marked unread', async () => {
    const { id } = await installation.start(anna, [bob]);
    const device = await installation.connect(anna, 1);
    const changed = await installation.api().call('PATCH /conversations/:id/me', {
      token: anna.token,
      params: { id },
      body: { muted: true, pinned: true, archived: true, notify: 'mentions', markedUnread: true },
    });
    const side = { muted: true, pinned: true, archived: true, notify: 'mentions', markedUnread: true };
    expect(changed.me).toMatchObject(side);
    const told = await device.next('conversation', ({ conversation }) => conversation.id === id);
    expect(told.conversation.me).toMatchObject(side);
    const others = await installation
      .api()
      .call('GET /conversations/:id', { token: bob.token, params: { id } });
    expect(others.me).toMatchObject({ muted: false, pinned: false, notify: 'all' });
  });
});
