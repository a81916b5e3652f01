import type { ParleyClient } from '@parley/client';
import { createClient } from '@parley/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

const SETTLED = { timeout: 10_000, interval: 50 };

describe('what the client library tells of its own side', () => {
  let installation: Installation;
  let anna: Person;
  let bob: Person;
  let id: string;
  const clients: ParleyClient[] = [];

  beforeAll(async () => {
    installation = await Installation.start();
    [anna, bob] = (await installation.people('anna', 'bob')) as [Person, Person];
    id = (await installation.start(anna, [bob])).id;
    for (let index = 0; index < 8; index += 1) await installation.post(anna, id, String(index));
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await installation.stop();
  });

  const signIn = async (): Promise<ParleyClient> => {
    const client = createClient({ baseUrl: installation.api().baseUrl });
    clients.push(client);
    await client.login({ username: bob.user.username, password: bob.password });
    await expect.poll(() => client.synced.getSnapshot(), SETTLED).toBe(true);
    return client;
  };
  const mine = async () =>
    (await installation.api().call('GET /conversations/:id', { token: bob.token, params: { id } })).me;

  it('keeps a mark that is set while reads before it are on their way, on all devices', async () => {
    const [phone, laptop] = await Promise.all([signIn(), signIn()]);
    phone.markRead(id, 2);
    phone.markRead(id, 4);
    await phone.changeMembership(id, { markedUnread: true });
    const expected = { readSeq: 4, unread: 5, markedUnread: true };
    for (const device of [phone, laptop])
      await expect.poll(() => device.conversation(id)?.me, SETTLED).toMatchObject(expected);
    expect(await mine()).toMatchObject(expected);
  });

  it('tells the last read though it is closed right after', async () => {
    const [phone, laptop] = await Promise.all([signIn(), signIn()]);
    phone.markRead(id, 6);
    phone.markRead(id, 7);
    phone.close();
    const expected = { readSeq: 7, unread: 2, markedUnread: false };
    await expect.poll(mine, SETTLED).toMatchObject(expected);
    await expect.poll(() => laptop.conversation(id)?.me, SETTLED).toMatchObject(expected);
  });
});
