import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

const NOBODY = '01890000-0000-7000-8000-000000000000';

describe('people', () => {
  let installation: Installation;
  let anna: Person;
  let bob: Person;

  beforeAll(async () => {
    installation = await Installation.start();
    [anna, bob] = (await installation.people('anna', 'bob')) as [Person, Person];
    for (const [person, displayName] of [
      [anna, 'Ängstrom 100%'],
      [bob, 'bob_the builder'],
    ] as const) {
      await installation.api().call('PATCH /users/me', { token: person.token, body: { displayName } });
    }
  });
  afterAll(() => installation.stop());

  const find = async (query: Record<string, string | number>): Promise<string[]> =>
    (await installation.api().call('GET /users', { token: anna.token, query })).items.map(({ id }) => id);

  it('are found by any part of either name, whatever the case', async () => {
    expect(await find({ query: 'ÄNGST' })).toEqual([anna.user.id]);
    expect(await find({ query: bob.user.username.toUpperCase().slice(1) })).toEqual([bob.user.id]);
    expect(await find({ query: 'nothing like it' })).toEqual([]);
  });

  it('are found by the signs of a pattern as by any other', async () => {
    expect(await find({ query: '0%' })).toEqual([anna.user.id]);
    expect(await find({ query: 'b_t' })).toEqual([bob.user.id]);
    expect(await find({ query: '%' })).toEqual([anna.user.id]);
    expect(await find({ query: '\\' })).toEqual([]);
  });

  it('stand in alphabetical order, as many as asked for', async () => {
    await installation.people('zoe', 'adam');
    const { items } = await installation.api().call('GET /users', { token: anna.token });
    const names = items.map(({ displayName }) => displayName.toLowerCase());
    expect(names).toEqual([...names].sort());
    expect(await find({ limit: 2 })).toHaveLength(2);
  });

  it('are found by their ids, and unknown ids are left out', async () => {
    expect((await find({ ids: `${anna.user.id},${NOBODY},${bob.user.id}` })).sort()).toEqual(
      [anna.user.id, bob.user.id].sort(),
    );
    const one = await installation
      .api()
      .call('GET /users/:id', { token: anna.token, params: { id: bob.user.id } });
    expect(one).toMatchObject({
      id: bob.user.id,
      displayName: 'bob_the builder',
      avatarUrl: null,
      kind: 'person',
    });
    expect(one).not.toHaveProperty('email');
    for (const id of [NOBODY, 'no-id']) {
      expect(
        await installation.api().refusal('GET /users/:id', { token: anna.token, params: { id } }),
      ).toMatchObject({
        code: 'NOT_FOUND',
      });
    }
  });

  it('change their own name and e-mail, and no avatar that is not there', async () => {
    const api = installation.api();
    const change = (body: object) => ({ token: bob.token, body });
    const changed = await api.call('PATCH /users/me', change({ email: 'bob@example.org' }));
    expect(changed).toMatchObject({ email: 'bob@example.org', displayName: 'bob_the builder' });
    expect(await api.call('GET /users/me', { token: bob.token })).toEqual(changed);
    expect(
      await api.call('PATCH /users/me', change({ email: null, avatarAttachmentId: null })),
    ).toMatchObject({
      email: null,
      avatarUrl: null,
    });
    const avatar = await api.refusal('PATCH /users/me', change({ avatarAttachmentId: NOBODY }));
    expect(avatar).toMatchObject({ code: 'NOT_FOUND', fields: [{ path: 'avatarAttachmentId' }] });
    for (const [body, path] of [
      [{ displayName: ' ' }, 'displayName'],
      [{ displayName: 'x'.repeat(81) }, 'displayName'],
      [{ email: 'no address' }, 'email'],
      [{ role: 'admin' }, 'role'],
      [{ username: 'other' }, 'username'],
    ] as const) {
      const refusal = await api.refusal('PATCH /users/me', change(body));
      expect(refusal).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path }] });
    }
  });
});
