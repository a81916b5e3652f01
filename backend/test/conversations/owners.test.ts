import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person, RequestOptions } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

describe('owners', () => {
  let installation: Installation;
  let anna: Person;
  let bob: Person;

  beforeAll(async () => {
    installation = await Installation.start();
    [anna, bob] = (await installation.people('anna', 'bob')) as [Person, Person];
  });
  afterAll(() => installation.stop());

  it('stay until another is named', async () => {
    const channel = await installation.start(anna, [bob], { kind: 'channel' });
    const api = installation.api();
    const roleOf = (person: Person, role: string): RequestOptions => ({
      token: anna.token,
      params: { id: channel.id, userId: person.user.id },
      body: { role },
    });
    const name = 'PATCH /conversations/:id/members/:userId' as const;
    expect(await api.refusal(name, roleOf(anna, 'member'))).toMatchObject({ code: 'CONFLICT' });
    expect(await api.call(name, roleOf(bob, 'owner'))).toMatchObject({ role: 'owner' });
    await api.call('POST /conversations/:id/leave', { token: anna.token, params: { id: channel.id } });
    expect(
      await api.refusal('GET /conversations/:id', { token: anna.token, params: { id: channel.id } }),
    ).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are found again for a channel that everybody left: who joins it first', async () => {
    const channel = await installation.start(anna, [bob], {
      kind: 'channel',
      visibility: 'public',
      title: 'Left alone',
    });
    const api = installation.api();
    const at = ({ token }: Person): RequestOptions => ({ token, params: { id: channel.id } });
    for (const person of [bob, anna]) await api.call('POST /conversations/:id/leave', at(person));
    const joined = await api.call('POST /conversations/:id/join', at(bob));
    expect(joined.me.role).toBe('owner');
    expect((await api.call('POST /conversations/:id/join', at(anna))).me.role).toBe('member');
    await api.call('PATCH /conversations/:id', { ...at(bob), body: { title: 'In good hands' } });
  });
});
