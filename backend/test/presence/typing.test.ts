import { TYPING_MAX_MEMBERS } from '@parley/protocol';
import { Redis } from 'ioredis';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';
import { testServices } from '../_support/test-services.js';

describe('typing', () => {
  let installation: Installation;
  let ann: Person;
  let bob: Person;
  let anns: Connection;
  let bobs: Connection;

  beforeAll(async () => {
    installation = await Installation.start([{}, {}]);
    [ann, bob] = (await installation.people('ann', 'bob')) as [Person, Person];
    [anns, bobs] = await Promise.all([installation.connect(ann, 0), installation.connect(bob, 1)]);
  });
  afterAll(() => installation.stop());

  const lists = ({ received }: Connection, conversationId: string): string[][] =>
    received.flatMap(({ event, payload }) =>
      event === 'typing' && 'userIds' in payload && payload.conversationId === conversationId
        ? [payload.userIds]
        : [],
    );

  it('is told once, however often it is repeated within the interval', async () => {
    const { id } = await installation.start(ann, [bob]);
    await bobs.next('conversation', ({ conversation }) => conversation.id === id);
    const bus = new Redis(testServices().redisUrl);
    let published = 0;
    bus.on('message', () => (published += 1));
    await bus.subscribe(`parley:room:c:${id}`);
    await pause(300);
    published = 0;

    const answers = await Promise.all(
      Array.from({ length: 50 }, () => anns.send('typing:start', { conversationId: id })),
    );
    expect(answers).toEqual(answers.map(() => ({ ok: true, data: {} })));
    await expect.poll(() => lists(bobs, id)).toEqual([[ann.user.id]]);
    await anns.command('typing:stop', { conversationId: id });
    await expect.poll(() => lists(bobs, id)).toEqual([[ann.user.id], []]);
    // A stop without a start says nothing.
    await anns.command('typing:stop', { conversationId: id });
    await bobs.command('typing:start', { conversationId: id });
    await expect.poll(() => lists(anns, id).at(-1)).toEqual([bob.user.id]);
    expect(published).toBe(3);
    bus.disconnect();
  });

  it('ends with the message: who types next is alone in the list', async () => {
    const { id } = await installation.start(ann, [bob]);
    await bobs.next('conversation', ({ conversation }) => conversation.id === id);
    await anns.command('typing:start', { conversationId: id });
    await expect.poll(() => lists(bobs, id)).toEqual([[ann.user.id]]);
    await anns.command('message:send', { conversationId: id, clientMessageId: 'said', text: 'said' });
    await bobs.command('typing:start', { conversationId: id });
    await expect.poll(() => lists(anns, id).at(-1)).toEqual([bob.user.id]);
    expect(lists(bobs, id).at(-1)).toEqual([bob.user.id]);
    // What she writes next is told at once.
    await anns.command('typing:start', { conversationId: id });
    await expect
      .poll(() => lists(bobs, id).at(-1)?.toSorted())
      .toEqual([ann.user.id, bob.user.id].toSorted());
  });

  it('is not told in a conversation of many', async () => {
    const { id } = await installation.start(ann, [bob]);
    await bobs.next('conversation', ({ conversation }) => conversation.id === id);
    await installation.database.query(
      `UPDATE conversations SET member_count = ${String(TYPING_MAX_MEMBERS + 1)} WHERE id = '${id}'`,
    );
    expect(await anns.send('typing:start', { conversationId: id })).toEqual({ ok: true, data: {} });
    await anns.command('message:send', { conversationId: id, clientMessageId: 'after', text: 'after' });
    await bobs.next('changes', (changes) => changes.messages.some(({ text }) => text === 'after'));
    expect(lists(bobs, id)).toEqual([]);
    expect(lists(anns, id)).toEqual([]);
  });
});
