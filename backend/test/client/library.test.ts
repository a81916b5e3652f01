import type { OutboxEntry, ParleyClient, TimelineSnapshot } from '@parley/client';
import { createClient } from '@parley/client';
import { FileOutboxStorage } from '@parley/client/node';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';
import type { TcpProxy } from '../_support/tcp-proxy.js';
import { startTcpProxy } from '../_support/tcp-proxy.js';

const SETTLED = { timeout: 20_000, interval: 50 };

describe('the client library against real instances', () => {
  let installation: Installation;
  let proxy: TcpProxy;
  let folder: string;
  const clients: ParleyClient[] = [];

  beforeAll(async () => {
    installation = await Installation.start([{}, {}]);
    proxy = await startTcpProxy(installation.api(0).baseUrl);
    folder = await mkdtemp(join(tmpdir(), 'parley-outbox-'));
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    proxy.heal();
  });
  afterAll(async () => {
    await installation.stop();
    await proxy.close();
    await rm(folder, { recursive: true, force: true });
  });

  const signIn = async (
    { user: { username }, password }: Person,
    baseUrl: string,
    outboxFolder?: string,
  ): Promise<ParleyClient> => {
    const client = createClient({
      baseUrl,
      ...(outboxFolder === undefined ? {} : { outboxStorage: new FileOutboxStorage(outboxFolder) }),
    });
    clients.push(client);
    await client.login({ username, password });
    await expect.poll(() => client.synced.getSnapshot(), SETTLED).toBe(true);
    return client;
  };

  const open = async (client: ParleyClient, conversationId: string): Promise<() => TimelineSnapshot> => {
    const timeline = client.timeline(conversationId);
    void timeline.open();
    await expect.poll(() => timeline.getSnapshot().status, SETTLED).toBe('ready');
    return () => timeline.getSnapshot();
  };

  const stored = async (conversationId: string): Promise<string[]> =>
    (
      await installation.database.query<{ text: string }>(
        "SELECT text FROM messages WHERE conversation_id = $1 AND kind = 'text' ORDER BY seq",
        [conversationId],
      )
    ).map(({ text }) => text);

  const texts = ({ messages }: TimelineSnapshot): string[] =>
    messages.filter(({ kind }) => kind === 'text').map(({ text }) => text);

  const group = async (): Promise<{ id: string; anna: Person; bob: Person }> => {
    const [anna, bob] = (await installation.people('anna', 'bob')) as [Person, Person];
    const { id } = await installation.start(anna, [bob]);
    return { id, anna, bob };
  };

  const numbered = (name: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${name} ${String(index)}`);

  it('signs in where the answer to a registration was lost, and not where somebody else has the name', async () => {
    const register = (client: ParleyClient, username: string) =>
      client.register({ username, password: 'a good password' });
    const made = createClient({ baseUrl: new URL(proxy.url).origin });
    clients.push(made);
    proxy.loseAnswerTo('/auth/register');
    await expect(register(made, 'answer.lost')).rejects.toMatchObject({ retryable: true });
    expect((await register(made, 'answer.lost')).username).toBe('answer.lost');

    const late = createClient({ baseUrl: new URL(proxy.url).origin });
    clients.push(late);
    proxy.cut();
    await expect(register(late, 'name.taken')).rejects.toMatchObject({ retryable: true });
    proxy.heal();
    await installation.api().call('POST /auth/register', {
      body: { username: 'name.taken', password: 'of somebody else' },
    });
    await expect(register(late, 'name.taken')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('two people on two instances who talk at once see the same log, each in the order they wrote', async () => {
    const { id, anna, bob } = await group();
    const [annas, bobs] = await Promise.all([
      signIn(anna, installation.api(0).baseUrl),
      signIn(bob, installation.api(1).baseUrl),
    ]);
    const [annaSees, bobSees] = await Promise.all([open(annas, id), open(bobs, id)]);
    for (let index = 0; index < 20; index += 1) {
      annas.send(id, `anna ${String(index)}`);
      bobs.send(id, `bob ${String(index)}`);
    }
    await expect.poll(() => texts(bobSees()).length, SETTLED).toBe(40);
    await expect.poll(() => texts(annaSees()).length, SETTLED).toBe(40);
    const inDatabase = await stored(id);
    expect(texts(annaSees())).toEqual(inDatabase);
    expect(texts(bobSees())).toEqual(inDatabase);
    for (const name of ['anna', 'bob'])
      expect(inDatabase.filter((text) => text.startsWith(name))).toEqual(numbered(name, 20));
    await expect.poll(() => annaSees().pending, SETTLED).toEqual([]);
  });

  it('queues without a network and sends once, in order, when it is back; what it missed is there', async () => {
    const { id, anna, bob } = await group();
    const annas = await signIn(anna, proxy.url.replace(/\/$/, ''));
    const annaSees = await open(annas, id);
    proxy.cut();
    await expect.poll(() => annas.connection.getSnapshot().status, SETTLED).not.toBe('online');
    for (const text of numbered('queued', 6)) annas.send(id, text);
    await installation.post(bob, id, 'meanwhile');
    expect(await stored(id)).toEqual(['meanwhile']);
    proxy.heal();
    annas.reconnectNow();
    await expect.poll(() => texts(annaSees()), SETTLED).toEqual(['meanwhile', ...numbered('queued', 6)]);
    expect(await stored(id)).toEqual(['meanwhile', ...numbered('queued', 6)]);
  });

  it('says again after a reconnect that its person is away, and whom it watches', async () => {
    const { anna, bob } = await group();
    const [annas, bobs] = await Promise.all([
      signIn(anna, proxy.url.replace(/\/$/, '')),
      signIn(bob, installation.api(1).baseUrl),
    ]);
    const bobSees = (): string | undefined => bobs.presence.getSnapshot().get(anna.user.id)?.status;
    const annaSees = (): string | undefined => annas.presence.getSnapshot().get(bob.user.id)?.status;
    bobs.watchPresence([anna.user.id]);
    annas.watchPresence([bob.user.id]);
    annas.setPresence('away');
    await expect.poll(bobSees, SETTLED).toBe('away');
    await expect.poll(annaSees, SETTLED).toBe('online');
    proxy.cut();
    await expect.poll(bobSees, SETTLED).toBe('offline');
    proxy.heal();
    annas.reconnectNow();
    await expect.poll(bobSees, SETTLED).toBe('away');
    bobs.setPresence('away');
    await expect.poll(annaSees, SETTLED).toBe('away');
  });

  it('sends what a program that died had queued, in a later start that needs no password', async () => {
    const { id, anna } = await group();
    const own = join(folder, 'crash');
    const before = await signIn(anna, proxy.url.replace(/\/$/, ''), own);
    proxy.cut();
    await expect.poll(() => before.connection.getSnapshot().status, SETTLED).not.toBe('online');
    const entries: OutboxEntry[] = numbered('left behind', 4).map((text) => before.send(id, text));
    const files = async (): Promise<string[]> => {
      const users = await readdir(own).catch(() => []);
      return (await Promise.all(users.map((user) => readdir(join(own, user))))).flat();
    };
    await expect.poll(async () => (await files()).length, SETTLED).toBe(4);
    const { refreshToken } = before;
    // The end of the program: nothing of it gets to run any more.
    before.close();
    proxy.heal();

    const after = createClient({
      baseUrl: installation.api(1).baseUrl,
      outboxStorage: new FileOutboxStorage(own),
      ...(refreshToken === null ? {} : { refreshToken }),
    });
    clients.push(after);
    await after.restore();
    await expect.poll(() => stored(id), SETTLED).toEqual(numbered('left behind', 4));
    await expect.poll(async () => (await files()).length, SETTLED).toBe(0);
    const ids = await installation.database.query<{ id: string }>(
      'SELECT client_message_id AS id FROM messages WHERE conversation_id = $1 AND client_message_id IS NOT NULL ORDER BY seq',
      [id],
    );
    expect(ids.map(({ id: clientId }) => clientId)).toEqual(
      entries.map(({ clientMessageId }) => clientMessageId),
    );
  });

  it('makes each message once where two programs have the same queue', async () => {
    const { id, anna } = await group();
    const own = join(folder, 'shared');
    const first = await signIn(anna, proxy.url.replace(/\/$/, ''), own);
    proxy.cut();
    await expect.poll(() => first.connection.getSnapshot().status, SETTLED).not.toBe('online');
    for (const text of numbered('shared', 8)) first.send(id, text);
    const second = await signIn(anna, installation.api(1).baseUrl, own);
    proxy.heal();
    first.reconnectNow();
    for (const client of [first, second])
      await expect.poll(() => client.outbox.getSnapshot().entries, SETTLED).toEqual([]);
    expect(await stored(id)).toEqual(numbered('shared', 8));
  });

  it('renews its token on the open connection, before it ends', async () => {
    const { id, anna, bob } = await group();
    const short = await Installation.startOn(installation, {
      databaseUrl: installation.database.url,
      environment: { ACCESS_TOKEN_SECONDS: '5' },
    });
    try {
      const annas = await signIn(anna, short.api().baseUrl);
      const statuses: string[] = [];
      annas.connection.subscribe(() => statuses.push(annas.connection.getSnapshot().status));
      const annaSees = await open(annas, id);
      const renewals = async (): Promise<number> =>
        (
          await installation.database.query<{ generation: number }>(
            'SELECT max(generation) AS generation FROM sessions WHERE user_id = $1',
            [anna.user.id],
          )
        )[0]?.generation ?? 0;
      // Twice its life: an old token would have closed the socket.
      await expect.poll(renewals, SETTLED).toBeGreaterThanOrEqual(2);
      await installation.post(bob, id, 'still here');
      await expect.poll(() => texts(annaSees()), SETTLED).toEqual(['still here']);
      expect(statuses).toEqual([]);
    } finally {
      await short.closeInstances();
    }
  });
});
