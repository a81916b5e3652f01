import type { ChangeMembershipInput } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';
import type { TcpProxy } from '../_support/tcp-proxy.js';
import { startTcpProxy } from '../_support/tcp-proxy.js';
import { testServices } from '../_support/test-services.js';

/** G7. */
const AGREE_MS = 5_000;

describe('the own side of a person with devices on two instances', () => {
  let installation: Installation;
  let proxies: [TcpProxy, TcpProxy];
  let anna: Person;
  let bob: Person;
  let phone: Connection;
  let laptop: Connection;
  let conversationId: string;

  beforeAll(async () => {
    const start = () => startTcpProxy(testServices().redisUrl);
    proxies = await Promise.all([start(), start()]);
    installation = await Installation.start(proxies.map(({ url }) => ({ redisUrl: url })));
    [anna, bob] = (await installation.people('anna', 'bob')) as [Person, Person];
    conversationId = (await installation.start(anna, [bob])).id;
    for (let index = 0; index < 20; index += 1) await installation.post(anna, conversationId, String(index));
    [phone, laptop] = await Promise.all([installation.connect(bob, 0), installation.connect(bob, 1)]);
  });
  afterAll(async () => {
    await installation.stop();
    await Promise.all(proxies.map((proxy) => proxy.close()));
  });

  const read = (seq: number, instance = 0) =>
    installation.api(instance).call('PUT /conversations/:id/read', {
      token: bob.token,
      params: { id: conversationId },
      body: { seq },
    });
  const change = (body: ChangeMembershipInput, instance = 0) =>
    installation.api(instance).call('PATCH /conversations/:id/me', {
      token: bob.token,
      params: { id: conversationId },
      body,
    });
  const told = (device: Connection, readSeq: number) =>
    device.next(
      'receipts',
      (event) => event.receipts.some((each) => each.userId === bob.user.id && each.readSeq === readSeq),
      AGREE_MS,
    );

  it('is told by the bus in health', async () => {
    await read(3);
    await told(laptop, 3);
    await told(phone, 3);
  });

  it.each([
    ['cut off', 'cut', [0, 1], 5],
    ['frozen', 'freeze', [0, 1], 7],
    ['cut off on the side of who reads only', 'cut', [0], 9],
    ['cut off on the side of who is told only', 'cut', [1], 11],
  ] as const)(
    'is told within 5 s while Redis is %s, and once more after',
    async (_name, break_, broken, seq) => {
      for (const index of broken) proxies[index][break_]();
      await read(seq);
      await told(laptop, seq);
      await change({ markedUnread: true, muted: false });
      const { conversation } = await laptop.next(
        'conversation',
        (event) => event.conversation.me.markedUnread && event.conversation.me.readSeq === seq,
        AGREE_MS,
      );
      expect(conversation.me.unread).toBe(21 - seq);
      // The doubt lasts: what comes next needs no new sign of trouble.
      await read(seq + 1);
      await told(laptop, seq + 1);
      // The read took the mark away: that is told as well.
      await laptop.next(
        'conversation',
        (event) => !event.conversation.me.markedUnread && event.conversation.me.readSeq === seq + 1,
        AGREE_MS,
      );
      for (const proxy of proxies) proxy.heal();
      // Whatever is lost while connections come back.
      await change({ muted: true }, 1);
      await phone.next(
        'conversation',
        (event) => event.conversation.me.muted && event.conversation.me.readSeq === seq + 1,
        AGREE_MS,
      );
    },
  );
});
