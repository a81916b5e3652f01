import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChangesEvent } from '@parley/protocol';
import type { Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

describe('the numbers of a conversation', () => {
  let installation: Installation;
  let people: Person[];
  let conversationId: string;

  beforeAll(async () => {
    installation = await Installation.start([{}, {}]);
    people = await installation.people('anna', 'bob', 'carla', 'dan');
    const [anna, ...others] = people as [Person, ...Person[]];
    conversationId = (await installation.start(anna, others)).id;
  });

  afterAll(() => installation.stop());

  it('stay dense while many write at once, and every member is told every rev once, in frames that fit', async () => {
    const watchers = await Promise.all(
      people.map((person, index) => installation.connect(person, index % 2)),
    );
    const sent = await Promise.all(
      watchers.flatMap((socket, index) =>
        Array.from({ length: 25 }, (_, number) =>
          socket.command('message:send', {
            conversationId,
            clientMessageId: randomUUID(),
            text: `${String(index)}/${String(number)}`,
          }),
        ),
      ),
    );
    const [root] = sent;
    if (!root) throw new Error('nothing was sent');
    await Promise.all([
      ...sent
        .slice(0, 20)
        .map(({ message }, index) =>
          watchers[index % 4]?.command('reaction:add', { messageId: message.id, emoji: '👍' }),
        ),
      ...Array.from({ length: 10 }, (_, index) =>
        watchers[index % 4]?.command('message:send', {
          conversationId,
          clientMessageId: randomUUID(),
          text: 'in the thread',
          threadRootId: root.message.id,
        }),
      ),
      ...sent
        .filter((_, index) => index % 25 === 3)
        .map(({ message }, index) =>
          watchers[index]?.command('message:edit', { messageId: message.id, text: 'edited' }),
        ),
    ]);

    // 1 created + 100 messages + 20 reactions + 10 replies of two revs + 4 edits.
    const lastRev = 1 + 100 + 20 + 20 + 4;
    const [head] = await installation.database.query<{ last_seq: number; last_rev: number }>(
      'SELECT last_seq, last_rev FROM conversations WHERE id = $1',
      [conversationId],
    );
    expect(head).toEqual({ last_seq: 111, last_rev: lastRev });
    const seqs = await installation.database.query<{ seq: number }>(
      'SELECT seq FROM messages WHERE conversation_id = $1 ORDER BY seq',
      [conversationId],
    );
    expect(seqs.map(({ seq }) => seq)).toEqual(Array.from({ length: 111 }, (_, index) => index + 1));

    for (const watcher of watchers) {
      const told = (): ChangesEvent[] =>
        watcher.received.flatMap(({ event, payload }) =>
          event === 'changes' && 'fromRev' in payload && payload.conversationId === conversationId
            ? [payload]
            : [],
        );
      await expect
        .poll(() => Math.max(...told().map(({ toRev }) => toRev)), { timeout: 5_000 })
        .toBe(lastRev);
      const revs = told().flatMap(({ fromRev, toRev }) =>
        Array.from({ length: toRev - fromRev }, (_, index) => fromRev + index + 1),
      );
      // The sweep may tell again what an instance does not know to have told (the first rev); nothing may be missing.
      expect([...new Set(revs)].filter((rev) => rev > 1).sort((one, other) => one - other)).toEqual(
        Array.from({ length: lastRev - 1 }, (_, index) => index + 2),
      );
      for (const { fromRev, messages } of told()) {
        expect(messages.length).toBeGreaterThan(0);
        for (const message of messages) expect(message.rev).toBeGreaterThan(fromRev);
      }
    }
  });

  it('follow the order in which one sender sends', async () => {
    const [anna] = people as [Person];
    const socket = await installation.connect(anna, 1);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        socket.command('message:send', {
          conversationId,
          clientMessageId: randomUUID(),
          text: `in order ${String(index)}`,
        }),
      ),
    );
    const seqs = answers.map(({ message }) => message.seq);
    expect(seqs).toEqual([...seqs].sort((one, other) => one - other));
  });
});
