import { v7 as newId } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LogFixture } from './log-fixture.js';

let log: LogFixture;
let ada: string;
let bob: string;
let cy: string;

beforeAll(async () => {
  log = await LogFixture.start();
  ({ ada, bob, cy } = log);
});
afterAll(() => log.stop());

describe('sending', () => {
  let conversation: string;
  beforeEach(async () => {
    conversation = (await log.createGroup([bob])).conversation_id;
  });

  it('numbers densely while three instances send, repeat, add and remove people at once', async () => {
    const work: Promise<unknown>[] = [];
    for (let round = 0; round < 40; round += 1) {
      const batch = [0, 1, 2, 3].map((n) => ({
        conversation,
        sender: n % 2 ? ada : bob,
        clientId: `m-${String(round)}-${String(n)}`,
      }));
      work.push(log.send(batch, log.pool(round)), log.send(batch.toReversed(), log.pool(round + 1)));
      if (round % 10 === 0) {
        work.push(
          log.change('add_members($1,$2,$3,$4)', [conversation, newId(), ada, [cy]], log.pool(round)),
        );
        work.push(
          log.change('remove_member($1,$2,$3,$4)', [conversation, newId(), ada, cy], log.pool(round + 2)),
        );
      }
    }
    await Promise.all(work);
    const { count } = await log.row<{ count: number }>(
      "SELECT count(*)::int AS count FROM messages WHERE conversation_id = $1 AND kind = 'text'",
      [conversation],
    );
    expect(count).toBe(160);
    await log.expectDense(conversation);
  });

  it('makes one message of a client id that is raced, and answers the same to all', async () => {
    for (let round = 0; round < 30; round += 1) {
      const sending = { conversation, sender: ada, clientId: `raced-${String(round)}` };
      const answers = (
        await Promise.all(
          [0, 1, 2].map((n) => log.send([{ ...sending, text: `body ${String(n)}` }, sending], log.pool(n))),
        )
      ).flat();
      expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
      expect(answers.filter(({ status }) => status === 'created')).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 'duplicate')).toHaveLength(5);
    }
    await log.expectDense(conversation);
  });

  it('compares client ids exactly and keeps those of different senders apart', async () => {
    const statuses = await log.send([
      { conversation, sender: ada, clientId: 'Id' },
      { conversation, sender: ada, clientId: 'id' },
      { conversation, sender: bob, clientId: 'id' },
    ]);
    expect(statuses.map(({ status }) => status)).toEqual(['created', 'created', 'created']);
  });

  it('lets one bad row fail alone', async () => {
    const other = (await log.createGroup([bob])).conversation_id;
    const [elsewhere] = await log.send([{ conversation: other, sender: ada, clientId: 'there' }]);
    const answers = await log.send([
      { conversation, sender: ada, clientId: 'a' },
      { conversation, sender: cy, clientId: 'b' },
      { conversation, sender: ada, clientId: 'c', replyTo: elsewhere?.id ?? '' },
      { conversation, sender: ada, clientId: 'd', root: newId() },
      { conversation: newId(), sender: ada, clientId: 'e' },
      { conversation, sender: bob, clientId: 'f' },
    ]);
    expect(answers.map(({ status }) => status)).toEqual([
      'created',
      'not_member',
      'reply_not_found',
      'root_not_found',
      'not_member',
      'created',
    ]);
    await log.expectDense(conversation);
  });

  it('answers a repeat in the same call as a repeat, whatever else is wrong with it', async () => {
    const answers = await log.send([
      { conversation, sender: ada, clientId: 'same' },
      { conversation, sender: ada, clientId: 'same', replyTo: newId() },
      { conversation, sender: ada, clientId: 'late', root: newId() },
      { conversation, sender: ada, clientId: 'late' },
    ]);
    expect(answers.map(({ status }) => status)).toEqual([
      'created',
      'duplicate',
      'root_not_found',
      'created',
    ]);
    expect(answers[1]?.id).toBe(answers[0]?.id);
    await log.expectDense(conversation);
  });

  it('stores nothing of a call that can not be run, and each of the others alone', async () => {
    const batch = ['a', 'poison\u0000', 'c'].map((text, index) => ({
      conversation,
      sender: ada,
      clientId: `p-${String(index)}`,
      text,
    }));
    await expect(log.send(batch)).rejects.toMatchObject({ code: '22021' });
    await log.expectDense(conversation);
    const statuses: string[] = [];
    for (const one of batch) {
      statuses.push(
        await log.send([one]).then(
          ([row]) => row?.status ?? '',
          () => 'refused',
        ),
      );
    }
    expect(statuses).toEqual(['created', 'refused', 'created']);
    await log.expectDense(conversation);
  });

  it('tells a former member nothing, their own messages included, and knows them again', async () => {
    const own = { conversation, sender: bob, clientId: 'own' };
    const [first] = await log.send([own]);
    const removed = await log.change('remove_member($1,$2,$3,$4)', [conversation, newId(), ada, bob]);
    const [refused] = await log.send([own]);
    expect(refused).toMatchObject({ status: 'not_member', id: null, message: null });
    await log.change('add_members($1,$2,$3,$4)', [conversation, newId(), ada, [bob]]);
    const [known] = await log.send([own]);
    expect(known).toMatchObject({ status: 'duplicate', id: first?.id });
    expect(
      await log.row('SELECT left_at, joined_rev FROM members WHERE conversation_id = $1 AND user_id = $2', [
        conversation,
        bob,
      ]),
    ).toEqual({ left_at: null, joined_rev: removed.to_rev + 1 });
    await log.expectDense(conversation);
  });

  it('names in the outbox what each rev touched, the root of a thread too', async () => {
    const [root] = await log.send([{ conversation, sender: ada, clientId: 'root' }]);
    const [reply] = await log.send([{ conversation, sender: bob, clientId: 'reply', root: root?.id ?? '' }]);
    expect(
      await log.rows(
        'SELECT rev, message_id FROM outbox WHERE conversation_id = $1 AND rev >= 2 ORDER BY rev',
        [conversation],
      ),
    ).toEqual([
      { rev: 2, message_id: root?.id },
      { rev: 3, message_id: reply?.id },
      { rev: 4, message_id: root?.id },
    ]);
  });

  it('takes two revs for a reply in a thread, its own and its root’s', async () => {
    const [root] = await log.send([{ conversation, sender: ada, clientId: 'root' }]);
    const rootId = root?.id ?? '';
    const answers = await log.send([
      { conversation, sender: bob, clientId: 'r1', root: rootId },
      { conversation, sender: ada, clientId: 'r2', root: rootId },
      { conversation, sender: ada, clientId: 'plain' },
    ]);
    expect(answers.map(({ rev, root_rev }) => [rev, root_rev])).toEqual([
      [3, 4],
      [5, 6],
      [7, null],
      [6, null],
    ]);
    expect(answers.at(-1)).toMatchObject({
      status: 'touched',
      id: rootId,
      message: { thread_replies: 2, rev: 6 },
    });
    // A reply is no root.
    const [nested] = await log.send([
      { conversation, sender: ada, clientId: 'n', root: answers[0]?.id ?? '' },
    ]);
    expect(nested?.status).toBe('root_not_found');
    await log.expectDense(conversation);
  });

  it('moves the sender’s own pointer and counts unread for the others', async () => {
    await log.send([
      { conversation, sender: ada, clientId: '1' },
      { conversation, sender: ada, clientId: '2', mentions: 'bob,cy,nobody' },
    ]);
    const unread = (user: string) =>
      log.row<{ unread: number; mentions: number }>(
        `SELECT c.text_count - m.read_text_count AS unread, unread_mentions(m.user_id, c.id, m.read_seq) AS mentions
           FROM members m JOIN conversations c ON c.id = m.conversation_id WHERE c.id = $1 AND m.user_id = $2`,
        [conversation, user],
      );
    expect(await unread(ada)).toEqual({ unread: 0, mentions: 0 });
    expect(await unread(bob)).toEqual({ unread: 2, mentions: 1 });
    const move = (read: number, user = bob) =>
      log.row(
        'SELECT * FROM advance_pointers(ARRAY[$1::uuid],ARRAY[$2::uuid],ARRAY[$3::int],ARRAY[NULL::int])',
        [conversation, user, read],
      );
    expect(await move(2)).toMatchObject({
      status: 'held',
      read_seq: 2,
      delivered_seq: 2,
      unread: 1,
      changed: true,
    });
    expect(await unread(bob)).toEqual({ unread: 1, mentions: 1 });
    expect(await move(1)).toMatchObject({ read_seq: 2, unread: 1, changed: false });
    expect(await move(9_999)).toMatchObject({ read_seq: 3, unread: 0, changed: true });
    expect(await unread(bob)).toEqual({ unread: 0, mentions: 0 });
    expect(await move(1, cy)).toMatchObject({ status: 'not_member', read_seq: null });
  });

  it('moves many pointers at once, and waits for nobody who holds one of them', async () => {
    await log.send([{ conversation, sender: ada, clientId: '1' }]);
    const holder = await log.pool(1).connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM members WHERE user_id = $1 AND conversation_id = $2 FOR UPDATE', [
        bob,
        conversation,
      ]);
      const rows = await log.rows<{ status: string; read_seq: number | null; delivered_seq: number | null }>(
        'SELECT * FROM advance_pointers($1::uuid[],$2::uuid[],$3::int[],$4::int[])',
        [
          [conversation, conversation, conversation, conversation],
          [ada, bob, cy, ada],
          [1, 2, 2, null],
          [null, null, null, 2],
        ],
      );
      expect(rows.map(({ status }) => status)).toEqual(['held', 'busy', 'not_member', 'held']);
      // Two devices of one person in one batch get the same answer.
      expect(rows[0]).toMatchObject({ read_seq: 2, delivered_seq: 2 });
      expect(rows[3]).toMatchObject({ read_seq: 2, delivered_seq: 2 });
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
  });
});

describe('conversations', () => {
  it('makes one direct for a pair that is raced from both sides', async () => {
    const answers = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((n) =>
        n % 2
          ? log.create('direct', ada, [cy], {}, log.pool(n))
          : log.create('direct', cy, [ada], {}, log.pool(n)),
      ),
    );
    expect(new Set(answers.map((answer) => answer.conversation_id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 'created')).toHaveLength(1);
    const [{ conversation_id: id } = { conversation_id: '' }] = answers;
    for (const call of ['leave_conversation($1,$2,$3)', 'join_conversation($1,$2,$3)']) {
      expect((await log.change(call, [id, newId(), ada])).status).toBe('conflict');
    }
    expect((await log.change('add_members($1,$2,$3,$4)', [id, newId(), ada, [bob]])).status).toBe('conflict');
    expect((await log.change('delete_conversation($1,$2)', [id, ada])).status).toBe('conflict');
  });

  it('folds people who come by themselves into one message, and makes one of a call that adds many', async () => {
    const { conversation_id: id } = await log.createGroup([ada].slice(1), 'channel', 'public');
    const join = (user: string) => log.change('join_conversation($1,$2,$3)', [id, newId(), user]);
    const first = await join(bob);
    const second = await join(cy);
    expect(second.messages).toHaveLength(1);
    expect(second.messages[0]).toMatchObject({
      id: first.messages[0]?.id,
      seq: 2,
      rev: 3,
      system: { type: 'joined', userIds: [bob, cy] },
    });
    const left = await log.change('leave_conversation($1,$2,$3)', [id, newId(), cy]);
    expect(left.messages[0]).toMatchObject({ seq: 3, rev: 4, system: { type: 'left', userIds: [cy] } });
    expect(left.members_rev).toBe(4);
    await log.change('leave_conversation($1,$2,$3)', [id, newId(), bob]);
    const added = await log.change('add_members($1,$2,$3,$4)', [id, newId(), ada, [bob, cy]]);
    expect(added.messages).toHaveLength(1);
    expect(added.messages[0]?.system).toMatchObject({ type: 'members-added' });
    const member = await log.row<{ left_at: Date | null; joined_rev: number; read_seq: number }>(
      'SELECT left_at, joined_rev, read_seq FROM members WHERE conversation_id = $1 AND user_id = $2',
      [id, cy],
    );
    expect(member).toMatchObject({
      left_at: null,
      joined_rev: added.to_rev,
      read_seq: added.messages[0]?.seq,
    });
    await log.expectDense(id);
  });

  it('keeps an owner', async () => {
    const { conversation_id: id } = await log.createGroup([bob]);
    expect((await log.change('leave_conversation($1,$2,$3)', [id, newId(), ada])).status).toBe('conflict');
    const demote = () => log.change('change_member_role($1,$2,$3,$4,$5)', [id, newId(), ada, ada, 'member']);
    expect((await demote()).status).toBe('conflict');
    await log.change('change_member_role($1,$2,$3,$4,$5)', [id, newId(), ada, bob, 'owner']);
    expect((await demote()).status).toBe('changed');
    expect((await log.change('remove_member($1,$2,$3,$4)', [id, newId(), ada, bob])).status).toBe(
      'forbidden',
    );
    await log.expectDense(id);
  });

  it('is nobody’s to see after it was deleted, and its rows stay', async () => {
    const { conversation_id: id } = await log.createGroup([bob]);
    await log.send([{ conversation: id, sender: ada, clientId: 'kept' }]);
    expect((await log.change('delete_conversation($1,$2)', [id, bob])).status).toBe('forbidden');
    expect((await log.change('delete_conversation($1,$2)', [id, ada])).user_ids.toSorted()).toEqual(
      [ada, bob].toSorted(),
    );
    const [answer] = await log.send([{ conversation: id, sender: ada, clientId: 'late' }]);
    expect(answer?.status).toBe('not_member');
    expect(await log.rows('SELECT 1 FROM messages WHERE conversation_id = $1', [id])).toHaveLength(2);
  });
});
