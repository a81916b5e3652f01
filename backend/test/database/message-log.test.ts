import { v7 as newId } from 'uuid';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../_support/test-database.js';

interface SendRow {
  ord: number | null;
  status: string;
  id: string;
  seq: number | null;
  rev: number | null;
  root_rev: number | null;
  message: { text: string; thread_replies: number; rev: number } | null;
}
interface ChangeRow {
  status: string;
  conversation_id: string;
  from_rev: number;
  to_rev: number;
  members_rev: number;
  messages: { id: string; seq: number; rev: number; system: Record<string, unknown> | null }[];
  user_ids: string[];
}
interface Sending {
  conversation: string;
  sender: string;
  clientId: string;
  text?: string;
  root?: string;
  replyTo?: string;
  mentions?: string;
}

let database: TestDatabase;
/** Three pools, as three instances have. */
let pools: pg.Pool[];
let ada: string;
let bob: string;
let cy: string;

const pool = (index: number): pg.Pool => {
  const chosen = pools[index % pools.length];
  if (!chosen) throw new Error('no pool');
  return chosen;
};

async function rows<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
  return (await pool(0).query<R>(text, values)).rows;
}
async function row<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R> {
  const [first] = await rows<R>(text, values);
  if (!first) throw new Error(`no row: ${text}`);
  return first;
}

async function send(batch: Sending[], via = pool(0)): Promise<SendRow[]> {
  const column = <T>(value: (sending: Sending) => T) => batch.map(value);
  const result = await via.query<SendRow>('SELECT * FROM send_messages($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)', [
    column(({ conversation }) => conversation),
    column(({ sender }) => sender),
    column(({ clientId }) => clientId),
    column(() => newId()),
    column(({ text }) => text ?? 'text'),
    column(({ replyTo }) => replyTo ?? null),
    column(({ root }) => root ?? null),
    column(({ mentions }) => mentions ?? null),
    column(() => false),
    column(() => null),
  ]);
  return result.rows;
}
async function change(call: string, values: unknown[], via = pool(0)): Promise<ChangeRow> {
  const result = await via.query<ChangeRow>(`SELECT * FROM ${call}`, values);
  const [first] = result.rows;
  if (!first) throw new Error(`no row: ${call}`);
  return first;
}
const createGroup = (members: string[], kind = 'group', visibility = 'private'): Promise<ChangeRow> =>
  change('create_conversation($1,$2,$3,$4,$5,$6,$7,$8)', [
    newId(),
    newId(),
    kind,
    ada,
    members,
    visibility,
    'Title',
    null,
  ]);

/** seq and rev are exactly 1..head: every rev was taken once, and the newest of each message is its own. */
async function expectDense(conversation: string): Promise<void> {
  const head = await row<{ last_seq: number; last_rev: number; text_count: number }>(
    'SELECT last_seq, last_rev, text_count FROM conversations WHERE id = $1',
    [conversation],
  );
  const messages = await rows<{ seq: number; rev: number; kind: string; text_count: number }>(
    'SELECT seq, rev, kind, text_count FROM messages WHERE conversation_id = $1 ORDER BY seq',
    [conversation],
  );
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_message, index) => index + 1));
  expect(messages.length).toBe(head.last_seq);
  expect(Math.max(...messages.map(({ rev }) => rev))).toBe(head.last_rev);
  let texts = 0;
  for (const message of messages) {
    if (message.kind === 'text') texts += 1;
    expect(message.text_count).toBe(texts);
  }
  expect(head.text_count).toBe(texts);
}

beforeAll(async () => {
  database = await createTestDatabase();
  pools = [1, 2, 3].map(() => new pg.Pool({ connectionString: database.url, max: 4 }));
  [ada, bob, cy] = [newId(), newId(), newId()];
  for (const [id, name] of [
    [ada, 'ada'],
    [bob, 'bob'],
    [cy, 'cy'],
  ]) {
    await rows('INSERT INTO users (id, username, display_name) VALUES ($1, $2, $2)', [id, name]);
  }
});
afterAll(async () => {
  await Promise.all(pools.map((each) => each.end()));
  await database.drop();
});

describe('sending', () => {
  let conversation: string;
  beforeEach(async () => {
    conversation = (await createGroup([bob])).conversation_id;
  });

  it('numbers densely while three instances send, repeat, edit, react and add people at once', async () => {
    const work: Promise<unknown>[] = [];
    for (let round = 0; round < 40; round += 1) {
      const batch = [0, 1, 2, 3].map((n) => ({
        conversation,
        sender: n % 2 ? ada : bob,
        clientId: `m-${String(round)}-${String(n)}`,
      }));
      work.push(send(batch, pool(round)), send(batch.toReversed(), pool(round + 1)));
      if (round % 10 === 0) {
        work.push(change('add_members($1,$2,$3,$4)', [conversation, newId(), ada, [cy]], pool(round)));
        work.push(change('remove_member($1,$2,$3,$4)', [conversation, newId(), ada, cy], pool(round + 2)));
      }
    }
    await Promise.all(work);
    const { count } = await row<{ count: number }>(
      "SELECT count(*)::int AS count FROM messages WHERE conversation_id = $1 AND kind = 'text'",
      [conversation],
    );
    expect(count).toBe(160);
    await expectDense(conversation);
  });

  it('makes one message of a client id that is raced, and answers the same to all', async () => {
    for (let round = 0; round < 30; round += 1) {
      const sending = { conversation, sender: ada, clientId: `raced-${String(round)}` };
      const answers = (
        await Promise.all(
          [0, 1, 2].map((n) => send([{ ...sending, text: `body ${String(n)}` }, sending], pool(n))),
        )
      ).flat();
      expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
      expect(answers.filter(({ status }) => status === 'created')).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 'duplicate')).toHaveLength(5);
    }
    await expectDense(conversation);
  });

  it('compares client ids exactly and keeps those of different senders apart', async () => {
    const statuses = await send([
      { conversation, sender: ada, clientId: 'Id' },
      { conversation, sender: ada, clientId: 'id' },
      { conversation, sender: bob, clientId: 'id' },
    ]);
    expect(statuses.map(({ status }) => status)).toEqual(['created', 'created', 'created']);
  });

  it('lets one bad row fail alone', async () => {
    const other = (await createGroup([bob])).conversation_id;
    const [elsewhere] = await send([{ conversation: other, sender: ada, clientId: 'there' }]);
    const answers = await send([
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
    await expectDense(conversation);
  });

  it('takes two revs for a reply in a thread, its own and its root’s', async () => {
    const [root] = await send([{ conversation, sender: ada, clientId: 'root' }]);
    const rootId = root?.id ?? '';
    const answers = await send([
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
    const [nested] = await send([{ conversation, sender: ada, clientId: 'n', root: answers[0]?.id ?? '' }]);
    expect(nested?.status).toBe('root_not_found');
    await expectDense(conversation);
  });

  it('moves the sender’s own pointer and counts unread for the others', async () => {
    await send([
      { conversation, sender: ada, clientId: '1' },
      { conversation, sender: ada, clientId: '2', mentions: 'bob,cy,nobody' },
    ]);
    const unread = (user: string) =>
      row<{ unread: number; mentions: number }>(
        `SELECT c.text_count - m.read_text_count AS unread, unread_mentions(m.user_id, c.id, m.read_seq) AS mentions
           FROM members m JOIN conversations c ON c.id = m.conversation_id WHERE c.id = $1 AND m.user_id = $2`,
        [conversation, user],
      );
    expect(await unread(ada)).toEqual({ unread: 0, mentions: 0 });
    expect(await unread(bob)).toEqual({ unread: 2, mentions: 1 });
    const move = (read: number) =>
      row('SELECT * FROM move_pointers($1,$2,$3,NULL)', [conversation, bob, read]);
    expect(await move(2)).toMatchObject({
      read_seq: 2,
      delivered_seq: 2,
      unread: 1,
      mentions: 1,
      changed: true,
    });
    expect(await move(1)).toMatchObject({ read_seq: 2, unread: 1, changed: false });
    expect(await move(9_999)).toMatchObject({ read_seq: 3, unread: 0, mentions: 0, changed: true });
    expect(await rows('SELECT * FROM move_pointers($1,$2,1,NULL)', [conversation, cy])).toEqual([]);
  });

  it('finds a client id by its own index, also in a plan that was made while the table was empty', async () => {
    const client = new pg.Client({
      connectionString: database.url,
      options: '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off',
    });
    await client.connect();
    await client.query('ANALYZE messages');
    const plan = await client.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT k.id FROM (SELECT * FROM messages k WHERE k.client_message_id = 'x' AND k.sender_id = $1 OFFSET 0) k
        WHERE k.conversation_id = $2`.replace(/\$[12]/g, `'${ada}'`),
    );
    await client.end();
    expect(plan.rows.map((line) => line['QUERY PLAN']).join('\n')).toContain('client_message_id');
    expect(plan.rows.map((line) => line['QUERY PLAN']).join('\n')).not.toContain('Seq Scan');
  });
});

describe('conversations', () => {
  const createDirect = (from: string, to: string, via = pool(0)) =>
    change(
      'create_conversation($1,$2,$3,$4,$5,$6,$7,$8)',
      [newId(), newId(), 'direct', from, [to], 'private', null, null],
      via,
    );

  it('makes one direct for a pair that is raced from both sides', async () => {
    const answers = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((n) =>
        n % 2 ? createDirect(ada, cy, pool(n)) : createDirect(cy, ada, pool(n)),
      ),
    );
    expect(new Set(answers.map((answer) => answer.conversation_id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 'created')).toHaveLength(1);
    const [{ conversation_id: id } = { conversation_id: '' }] = answers;
    for (const call of ['leave_conversation($1,$2,$3)', 'join_conversation($1,$2,$3)']) {
      expect((await change(call, [id, newId(), ada])).status).toBe('conflict');
    }
    expect((await change('add_members($1,$2,$3,$4)', [id, newId(), ada, [bob]])).status).toBe('conflict');
    expect((await change('delete_conversation($1,$2)', [id, ada])).status).toBe('conflict');
  });

  it('folds people who come by themselves into one message, and makes one of a call that adds many', async () => {
    const { conversation_id: id } = await createGroup([ada].slice(1), 'channel', 'public');
    const join = (user: string) => change('join_conversation($1,$2,$3)', [id, newId(), user]);
    const first = await join(bob);
    const second = await join(cy);
    expect(second.messages).toHaveLength(1);
    expect(second.messages[0]).toMatchObject({
      id: first.messages[0]?.id,
      seq: 2,
      rev: 3,
      system: { type: 'joined', userIds: [bob, cy] },
    });
    const left = await change('leave_conversation($1,$2,$3)', [id, newId(), cy]);
    expect(left.messages[0]).toMatchObject({ seq: 3, rev: 4, system: { type: 'left', userIds: [cy] } });
    expect(left.members_rev).toBe(4);
    await change('leave_conversation($1,$2,$3)', [id, newId(), bob]);
    const added = await change('add_members($1,$2,$3,$4)', [id, newId(), ada, [bob, cy]]);
    expect(added.messages).toHaveLength(1);
    expect(added.messages[0]?.system).toMatchObject({ type: 'members-added' });
    const member = await row<{ left_at: Date | null; joined_rev: number; read_seq: number }>(
      'SELECT left_at, joined_rev, read_seq FROM members WHERE conversation_id = $1 AND user_id = $2',
      [id, cy],
    );
    expect(member).toMatchObject({
      left_at: null,
      joined_rev: added.to_rev,
      read_seq: added.messages[0]?.seq,
    });
    await expectDense(id);
  });

  it('keeps an owner', async () => {
    const { conversation_id: id } = await createGroup([bob]);
    expect((await change('leave_conversation($1,$2,$3)', [id, newId(), ada])).status).toBe('conflict');
    const demote = () => change('change_member_role($1,$2,$3,$4,$5)', [id, newId(), ada, ada, 'member']);
    expect((await demote()).status).toBe('conflict');
    await change('change_member_role($1,$2,$3,$4,$5)', [id, newId(), ada, bob, 'owner']);
    expect((await demote()).status).toBe('changed');
    expect((await change('remove_member($1,$2,$3,$4)', [id, newId(), ada, bob])).status).toBe('forbidden');
    await expectDense(id);
  });

  it('is nobody’s to see after it was deleted, and its rows stay', async () => {
    const { conversation_id: id } = await createGroup([bob]);
    await send([{ conversation: id, sender: ada, clientId: 'kept' }]);
    expect((await change('delete_conversation($1,$2)', [id, bob])).status).toBe('forbidden');
    expect((await change('delete_conversation($1,$2)', [id, ada])).user_ids.toSorted()).toEqual(
      [ada, bob].toSorted(),
    );
    const [answer] = await send([{ conversation: id, sender: ada, clientId: 'late' }]);
    expect(answer?.status).toBe('not_member');
    expect(await rows('SELECT 1 FROM messages WHERE conversation_id = $1', [id])).toHaveLength(2);
  });
});

describe('changes of a message', () => {
  it('takes one rev for what changes something and none for what does not', async () => {
    const { conversation_id: conversation } = await createGroup([bob]);
    const [sent] = await send([{ conversation, sender: ada, clientId: 'm' }]);
    const id = sent?.id ?? '';
    const steps: [string, unknown[], string, number][] = [
      ['edit_message($1,$2,$3,NULL,NULL,false)', [id, ada, 'new text'], 'changed', 3],
      ['edit_message($1,$2,$3,NULL,NULL,false)', [id, ada, 'new text'], 'unchanged', 3],
      ['edit_message($1,$2,$3,2,NULL,false)', [id, ada, 'stale'], 'conflict', 0],
      ['edit_message($1,$2,$3,NULL,NULL,false)', [id, ada, ''], 'empty', 0],
      ['edit_message($1,$2,$3,NULL,NULL,false)', [id, bob, 'not mine'], 'forbidden', 0],
      ['edit_message($1,$2,$3,NULL,NULL,false)', [id, cy, 'no member'], 'not_found', 0],
      ['set_reaction($1,$2,$3,true)', [id, bob, '👍'], 'changed', 4],
      ['set_reaction($1,$2,$3,true)', [id, bob, '👍'], 'unchanged', 4],
      ['set_reaction($1,$2,$3,false)', [id, ada, '👍'], 'unchanged', 4],
      ['set_pin($1,$2,true)', [id, bob], 'forbidden', 0],
      ['set_pin($1,$2,true)', [id, ada], 'changed', 5],
      ['set_pin($1,$2,true)', [id, ada], 'unchanged', 5],
      ['delete_message($1,$2)', [id, bob], 'forbidden', 0],
      ['delete_message($1,$2)', [id, ada], 'changed', 6],
      ['delete_message($1,$2)', [id, ada], 'unchanged', 6],
      ['set_reaction($1,$2,$3,true)', [id, bob, '👍'], 'conflict', 0],
      ['edit_message($1,$2,$3,NULL,NULL,false)', [id, ada, 'too late'], 'conflict', 0],
      ['delete_message($1,$2)', [newId(), ada], 'not_found', 0],
    ];
    for (const [call, values, status, rev] of steps) {
      const answer = await change(call, values);
      expect([call, answer.status, answer.to_rev]).toEqual([call, status, rev]);
    }
    await expectDense(conversation);
    expect(await rows('SELECT text FROM message_edits WHERE message_id = $1', [id])).toEqual([]);
  });

  it('allows 20 different emoji on a message, and any number of people for each', async () => {
    const { conversation_id: conversation } = await createGroup([bob]);
    const [sent] = await send([{ conversation, sender: ada, clientId: 'm' }]);
    const react = (user: string, n: number) =>
      change('set_reaction($1,$2,$3,true)', [sent?.id, user, String.fromCodePoint(0x1f600 + n)]);
    for (let n = 0; n < 20; n += 1) expect((await react(ada, n)).status).toBe('changed');
    expect((await react(ada, 20)).status).toBe('conflict');
    expect((await react(bob, 19)).status).toBe('changed');
  });
});
