import type { Message } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

describe('reading the log', () => {
  let installation: Installation;
  let anna: Person;
  let bob: Person;
  let conversationId: string;
  const sent: Message[] = [];

  beforeAll(async () => {
    installation = await Installation.start();
    [anna, bob] = (await installation.people('anna', 'bob')) as [Person, Person];
    conversationId = (await installation.start(anna, [bob])).id;
    for (let index = 0; index < 24; index += 1) {
      sent.push(
        await installation.post(index % 2 === 0 ? anna : bob, conversationId, `number ${String(index)}`),
      );
    }
  });
  afterAll(() => installation.stop());

  it('walks back to the beginning and forth to the end, page by page, as the database has it', async () => {
    const rows = await installation.database.query<{ id: string }>(
      'SELECT id FROM messages WHERE conversation_id = $1 ORDER BY seq',
      [conversationId],
    );
    const back: Message[] = [];
    let page = await installation.history(bob, conversationId, { limit: 7 });
    expect(page.hasAfter).toBe(false);
    for (;;) {
      back.unshift(...page.items);
      if (!page.hasBefore) break;
      page = await installation.history(bob, conversationId, { limit: 7, before: back[0]?.seq ?? 0 });
      expect(page.hasAfter).toBe(true);
    }
    expect(back.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));

    const forth: Message[] = [];
    for (;;) {
      const next = await installation.history(bob, conversationId, {
        limit: 7,
        after: forth.at(-1)?.seq ?? 0,
      });
      forth.push(...next.items);
      if (!next.hasAfter) break;
    }
    expect(forth).toEqual(back);
  });

  it.each([
    [{}, 1, 25, false, false],
    [{ limit: 5 }, 21, 25, true, false],
    [{ before: 4 }, 1, 3, false, true],
    [{ before: 1 }, 0, 0, false, true],
    [{ before: 0 }, 0, 0, false, true],
    [{ before: 1_000, limit: 2 }, 24, 25, true, false],
    [{ after: 23 }, 24, 25, true, false],
    [{ after: 25 }, 0, 0, true, false],
    [{ after: 9_000_000_000 }, 0, 0, true, false],
    [{ after: 0, limit: 3 }, 1, 3, false, true],
    [{ around: 10, limit: 5 }, 8, 12, true, true],
    [{ around: 1, limit: 5 }, 1, 5, false, true],
    [{ around: 25, limit: 4 }, 22, 25, true, false],
    [{ around: 500, limit: 4 }, 22, 25, true, false],
    [{ around: 0, limit: 100 }, 1, 25, false, false],
  ])('answers %j', async (query, first, last, hasBefore, hasAfter) => {
    const page = await installation.history(anna, conversationId, query);
    expect(page.items.at(0)?.seq ?? 0).toBe(first);
    expect(page.items.at(-1)?.seq ?? 0).toBe(last);
    expect(page).toMatchObject({ hasBefore, hasAfter, lastRev: 25 });
  });

  it('takes one position only', async () => {
    const refusal = await installation.api().refusal('GET /conversations/:id/messages', {
      token: anna.token,
      params: { id: conversationId },
      query: { before: 3, after: 1 },
    });
    expect(refusal.code).toBe('VALIDATION_FAILED');
  });

  it('tells what changed since a rev, in the order of the changes, or that it is to be loaded anew', async () => {
    const [, second, third] = sent;
    if (!second || !third) throw new Error('too little was sent');
    const api = installation.api();
    const changes = (since: number, limit = 50) =>
      api.call('GET /conversations/:id/changes', {
        token: bob.token,
        params: { id: conversationId },
        query: { since, limit },
      });
    await api.call('PUT /messages/:id/reactions/:emoji', {
      token: bob.token,
      params: { id: third.id, emoji: '🎉' },
    });
    const deleted = await api.call('DELETE /messages/:id', { token: bob.token, params: { id: second.id } });
    expect(deleted).toMatchObject({ seq: second.seq, text: '', mentions: [], reactions: [] });
    expect(deleted.deletedAt).not.toBeNull();

    const page = await changes(25);
    expect(page).toMatchObject({ lastRev: 27, hasMore: false, reset: false });
    expect(page.items.map(({ id, rev }) => [id, rev])).toEqual([
      [third.id, 26],
      [second.id, 27],
    ]);
    expect(page.items[0]?.reactions).toEqual([{ emoji: '🎉', count: 1, userIds: [bob.user.id], mine: true }]);

    // Page by page from nothing: every message once, in its present state.
    const all: Message[] = [];
    let since = 0;
    for (;;) {
      const part = await changes(since, 6);
      all.push(...part.items);
      expect(part.epoch).toBe(page.epoch);
      since = part.lastRev;
      if (!part.hasMore) break;
      expect(part.lastRev).toBe(part.items.at(-1)?.rev);
    }
    expect(since).toBe(27);
    expect(new Set(all.map(({ id }) => id)).size).toBe(25);
    expect(all).toHaveLength(25);

    expect(await changes(27)).toMatchObject({ items: [], lastRev: 27, hasMore: false, reset: false });
    expect(await changes(28)).toMatchObject({ items: [], lastRev: 27, hasMore: false, reset: true });
  });

  it('counts replies of a thread at its root, and pages them', async () => {
    const root = await installation.post(anna, conversationId, 'the root');
    const replies: Message[] = [];
    for (const text of ['one', 'two', 'three']) {
      replies.push(
        await installation.post(bob, conversationId, text, { threadRootId: root.id, replyToId: root.id }),
      );
    }
    const api = installation.api();
    const page = await api.call('GET /messages/:id/thread', {
      token: anna.token,
      params: { id: root.id },
      query: { limit: 2 },
    });
    expect(page.items.map(({ id }) => id)).toEqual(replies.slice(0, 2).map(({ id }) => id));
    expect(page).toMatchObject({ hasBefore: false, hasAfter: true });
    const rest = await api.call('GET /messages/:id/thread', {
      token: anna.token,
      params: { id: root.id },
      query: { after: page.items[1]?.seq ?? 0 },
    });
    expect(rest.items.map(({ text }) => text)).toEqual(['three']);
    const history = await installation.history(anna, conversationId, { after: root.seq - 1 });
    expect(history.items[0]).toMatchObject({ id: root.id, threadReplies: 3 });
    expect(history.items[3]).toMatchObject({ threadRootId: root.id, replyToId: root.id });

    const nested = await api.refusal('POST /conversations/:id/messages', {
      token: anna.token,
      params: { id: conversationId },
      body: { clientMessageId: 'nested', text: 'x', threadRootId: replies[0]?.id },
    });
    expect(nested).toMatchObject({ code: 'NOT_FOUND', fields: [{ path: 'threadRootId' }] });
  });

  it('pins, unpins and pages the pins', async () => {
    const api = installation.api();
    const pinned = sent.slice(2, 6);
    for (const { id } of pinned)
      await api.call('PUT /messages/:id/pin', { token: anna.token, params: { id } });
    const pins = (query = {}) =>
      api.call('GET /conversations/:id/pins', { token: bob.token, params: { id: conversationId }, query });
    expect((await pins()).items.map(({ id }) => id)).toEqual(pinned.map(({ id }) => id));
    const page = await pins({ limit: 3 });
    expect(page).toMatchObject({ hasBefore: true, hasAfter: false });
    const before = await pins({ before: page.items[0]?.seq ?? 0, limit: 3 });
    expect(before.items.map(({ id }) => id)).toEqual([pinned[0]?.id]);
    const [first] = pinned;
    const unpinned = await api.call('DELETE /messages/:id/pin', {
      token: anna.token,
      params: { id: first?.id ?? '' },
    });
    expect(unpinned.pinnedAt).toBeNull();
    expect((await pins()).items).toHaveLength(3);
  });

  it('shows admins what a message said before, newest first, until it is deleted', async () => {
    const api = installation.api();
    const message = await installation.post(bob, conversationId, 'one');
    const ofMessage = { token: bob.token, params: { id: message.id } };
    for (const text of ['two', 'three', 'four']) {
      await api.call('PATCH /messages/:id', { ...ofMessage, body: { text } });
    }
    const edits = (query: Record<string, string | number> = {}) =>
      api.call('GET /messages/:id/edits', { ...ofMessage, token: anna.token, query });
    const page = await edits({ limit: 2 });
    expect(page.items).toMatchObject([
      { text: 'three', replacedByRev: message.rev + 3 },
      { text: 'two', replacedByRev: message.rev + 2 },
    ]);
    expect(await edits({ cursor: page.nextCursor ?? '' })).toMatchObject({
      items: [{ text: 'one', replacedByRev: message.rev + 1 }],
      nextCursor: null,
    });
    expect(await api.refusal('GET /messages/:id/edits', ofMessage)).toMatchObject({ code: 'FORBIDDEN' });
    await api.call('DELETE /messages/:id', ofMessage);
    expect(await edits()).toEqual({ items: [], nextCursor: null });
  });

  it('names who reacted, and refuses an edit of another state', async () => {
    const api = installation.api();
    const message = await installation.post(anna, conversationId, 'react to me');
    for (const { token } of [anna, bob]) {
      await api.call('PUT /messages/:id/reactions/:emoji', {
        token,
        params: { id: message.id, emoji: '👍🏽' },
      });
    }
    const people = await api.call('GET /messages/:id/reactions', {
      token: bob.token,
      params: { id: message.id },
      query: { emoji: '👍🏽' },
    });
    expect(people).toMatchObject({ items: [{ id: anna.user.id }, { id: bob.user.id }], nextCursor: null });
    const again = await api.call('PUT /messages/:id/reactions/:emoji', {
      token: anna.token,
      params: { id: message.id, emoji: '👍🏽' },
    });
    // What changes nothing takes no rev.
    expect(again.rev).toBe(message.rev + 2);
    const conflict = await api.refusal('PATCH /messages/:id', {
      token: anna.token,
      params: { id: message.id },
      body: { text: 'changed', ifRev: message.rev },
    });
    expect(conflict.code).toBe('CONFLICT');
    const edited = await api.call('PATCH /messages/:id', {
      token: anna.token,
      params: { id: message.id },
      body: { text: 'changed', ifRev: again.rev },
    });
    expect(edited).toMatchObject({ text: 'changed', rev: again.rev + 1 });
    expect(edited.editedAt).not.toBeNull();
    // The same edit once more, as after a lost answer: it moved the rev itself, and is answered as stored.
    const repeated = await api.call('PATCH /messages/:id', {
      token: anna.token,
      params: { id: message.id },
      body: { text: 'changed', ifRev: again.rev },
    });
    expect(repeated).toEqual(edited);
  });

  it('finds mentions of members, also on an edit', async () => {
    const stranger = await installation.api().register('stranger');
    const message = await installation.post(
      anna,
      conversationId,
      `Hello @${bob.user.username}, @${stranger.user.username} and \`@all\`.`,
    );
    expect(message).toMatchObject({ mentions: [bob.user.id], mentionsAll: false });
    const list = await installation.api().call('GET /conversations', { token: bob.token });
    expect(list.items[0]?.me.mentions).toBe(1);
    const edited = await installation.api().call('PATCH /messages/:id', {
      token: anna.token,
      params: { id: message.id },
      body: { text: 'Hello @all' },
    });
    expect(edited).toMatchObject({ mentions: [], mentionsAll: true });
  });
});
