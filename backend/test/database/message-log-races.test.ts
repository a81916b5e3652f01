import { v7 as newId } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

/** The same order at every run, and no order that anybody thought of. */
function shuffler(seed: number): <T>(items: readonly T[]) => T[] {
  let state = seed;
  const next = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648);
  return (items) =>
    items
      .map((item) => ({ item, key: next() }))
      .sort((one, other) => one.key - other.key)
      .map(({ item }) => item);
}

describe('everything at once', () => {
  it('locks in one order: no deadlock, dense numbers, exact counts', { timeout: 60_000 }, async () => {
    const shuffle = shuffler(1);
    const groups = await Promise.all([1, 2, 3, 4].map(() => log.createGroup([bob, cy])));
    const conversations = groups.map((group) => group.conversation_id);
    const roots = new Map<string, string>();
    for (const conversation of conversations) {
      const [root] = await log.send([{ conversation, sender: ada, clientId: 'root' }]);
      roots.set(conversation, root?.id ?? '');
    }
    const work: Promise<unknown>[] = [];
    for (let round = 0; round < 30; round += 1) {
      // A group over all conversations, in an order of its own, a part of it as replies in a thread.
      const batch = shuffle(conversations).flatMap((conversation) =>
        [ada, bob, cy].map((sender, n) => ({
          conversation,
          sender,
          clientId: `r-${String(round)}-${String(n)}`,
          ...(n === 1 ? { root: roots.get(conversation) ?? '' } : {}),
        })),
      );
      work.push(log.send(batch, log.pool(round)), log.send(shuffle(batch), log.pool(round + 1)));
      for (const conversation of shuffle(conversations)) {
        const root = roots.get(conversation);
        const at = log.pool(round + 2);
        work.push(
          log.change('edit_message($1,$2,$3,NULL,NULL,false)', [root, ada, `text ${String(round)}`], at),
          log.change('set_reaction($1,$2,$3,$4)', [root, bob, '👍', round % 2 === 0], at),
          log.change('set_pin($1,$2,$3)', [root, ada, round % 2 === 0], at),
          at.query('SELECT * FROM advance_pointers($1::uuid[],$2::uuid[],$3::int[],$3::int[])', [
            [...conversations, ...conversations],
            [...conversations.map(() => cy), ...conversations.map(() => ada)],
            [...conversations, ...conversations].map(() => round * 3),
          ]),
        );
      }
    }
    // A deadlock would reject with 40P01, a broken uniqueness with 23505.
    await Promise.all(work);
    for (const conversation of conversations) {
      await log.expectDense(conversation);
      const root = await log.row<{ thread_replies: number; replies: number }>(
        `SELECT r.thread_replies, (SELECT count(*)::int FROM messages m WHERE m.thread_root_id = r.id) AS replies
           FROM messages r WHERE r.id = $1`,
        [roots.get(conversation)],
      );
      expect(root).toEqual({ thread_replies: 30, replies: 30 });
    }
  });

  it('moves pointers forward only, below the head, and counts unread exactly', async () => {
    const { conversation_id: conversation } = await log.createGroup([bob]);
    const seen: number[] = [];
    const reads = async () => {
      for (let n = 1; n <= 60; n += 1) {
        const { rows } = await log.pool(1).query<{ read_seq: number | null; last_seq: number }>(
          `SELECT p.read_seq, c.last_seq FROM conversations c,
                    advance_pointers(ARRAY[$1::uuid],ARRAY[$2::uuid],ARRAY[$3::int],ARRAY[NULL::int]) p WHERE c.id = $1`,
          [conversation, bob, n % 7 === 0 ? 1 : 1_000],
        );
        // None while a send of bob's holds the row.
        if (typeof rows[0]?.read_seq === 'number') seen.push(rows[0].read_seq);
      }
    };
    const sends = async () => {
      for (let n = 0; n < 60; n += 1) {
        // Bob's own sends move the same row that his reads move.
        const sender = n % 5 === 0 ? bob : ada;
        await log.send([{ conversation, sender, clientId: `s-${String(n)}` }], log.pool(2));
      }
    };
    await Promise.all([reads(), sends()]);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
    const count = await log.row<{ unread: number; recount: number; ahead: boolean }>(
      `SELECT c.text_count - m.read_text_count AS unread, m.read_seq > c.last_seq AS ahead,
              (SELECT count(*)::int FROM messages x WHERE x.conversation_id = c.id AND x.kind = 'text'
                  AND x.sender_id <> m.user_id AND x.seq > m.read_seq) AS recount
         FROM members m JOIN conversations c ON c.id = m.conversation_id WHERE c.id = $1 AND m.user_id = $2`,
      [conversation, bob],
    );
    expect(count.unread).toBe(count.recount);
    expect(count.ahead).toBe(false);
  });
});

describe('races for one thing', () => {
  it('makes one conversation of a client id that is raced', async () => {
    const answers = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((n) =>
        log.create('group', ada, [bob], { title: 'T', clientId: 'raced' }, log.pool(n)),
      ),
    );
    expect(new Set(answers.map((answer) => answer.conversation_id)).size).toBe(1);
    expect(answers.map(({ status }) => status).sort()).toEqual([
      'created',
      ...Array<string>(5).fill('existing'),
    ]);
  });

  it('keeps an owner when the last two leave at the same moment', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { conversation_id: id } = await log.createGroup([bob, cy]);
      await log.change('change_member_role($1,$2,$3,$4,$5)', [id, newId(), ada, bob, 'owner']);
      const answers = await Promise.all(
        [ada, bob].map((owner, n) =>
          log.change('leave_conversation($1,$2,$3)', [id, newId(), owner], log.pool(n)),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual(['changed', 'conflict']);
      await log.expectDense(id);
    }
  });

  it('numbers nothing of somebody after their removal', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { conversation_id: conversation } = await log.createGroup([bob]);
      const sends = Array.from({ length: 6 }, (_none, n) =>
        log.send([{ conversation, sender: bob, clientId: `n-${String(n)}` }], log.pool(n)),
      );
      const removed = await log.change(
        'remove_member($1,$2,$3,$4)',
        [conversation, newId(), ada, bob],
        log.pool(1),
      );
      await Promise.all(sends);
      const later = await log.rows(
        'SELECT 1 FROM messages WHERE conversation_id = $1 AND sender_id = $2 AND rev > $3',
        [conversation, bob, removed.members_rev],
      );
      expect(later).toEqual([]);
      await log.expectDense(conversation);
    }
  });
});
