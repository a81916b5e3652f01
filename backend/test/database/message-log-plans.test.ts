import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOG_OPTIONS, LogFixture, type Sending } from './log-fixture.js';

/** What one send may read: its own rows and what they name, with room for an index page that is split under way. */
const ENTRIES_MAX = 60;
const MESSAGES = 3_000;
const PEOPLE = 1_000;
const FILES = 1_000;

let log: LogFixture;
let conversation: string;
let root: string;
/** A connection of the log, whose plans are as old as its first send. */
let client: pg.Client;
let sent = 0;

/** Rows of sequential scans and entries of indexes, of all tables. */
async function entriesRead(): Promise<number> {
  await client.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await client.query<{ read: number }>(
    `SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables)::int
          + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)::int AS read`,
  );
  return rows[0]?.read ?? 0;
}

async function readBy(sending: Omit<Sending, 'conversation' | 'sender' | 'clientId'>): Promise<number> {
  const before = await entriesRead();
  sent += 1;
  const [row] = await log.send(
    [{ conversation, sender: log.ada, clientId: `c-${String(sent)}`, ...sending }],
    client,
  );
  expect(row?.status).toBe('created');
  return (await entriesRead()) - before;
}

/** Without ANALYZE: the plans stay what they were. */
async function grow(): Promise<void> {
  await log.rows(
    `INSERT INTO users (id, username, display_name) SELECT gen_random_uuid(), 'p' || n, 'P' FROM generate_series(1, $1) n`,
    [PEOPLE],
  );
  for (let first = 0; first < MESSAGES; first += 500) {
    await log.send(
      Array.from({ length: 500 }, (_none, n) => ({
        conversation,
        sender: log.bob,
        clientId: `g-${String(first + n)}`,
      })),
    );
  }
  await addFiles(FILES);
}

/** Files that nobody has sent yet. */
async function addFiles(count: number): Promise<void> {
  await log.rows(
    `INSERT INTO attachments (id, conversation_id, uploader_id, file_name, content_type, size, status, quarantine_key)
     SELECT gen_random_uuid(), $1, $2, 'f', 'text/plain', 1, 'ready', 'q' FROM generate_series(1, $3)`,
    [conversation, log.ada, count],
  );
}

/**
 * A table that was analysed while it was exactly empty is left out: to the planner all its indexes cost the same then.
 * No autovacuum does that, and the next one after 50 rows ends it.
 */
describe.each(['never analysed', 'analysed while it was small'])(
  'a send planned on a database that was %s',
  (state) => {
    beforeAll(async () => {
      log = await LogFixture.start();
      // Only ANALYZE as this test has it.
      for (const table of ['messages', 'members', 'users', 'attachments', 'conversations', 'outbox']) {
        await log.rows(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
      }
      conversation = (await log.createGroup([log.bob])).conversation_id;
      if (state === 'analysed while it was small') {
        for (let n = 0; n < 60; n += 1) {
          await log.send([{ conversation, sender: log.bob, clientId: `s-${String(n)}` }]);
        }
        await addFiles(60);
        await log.rows('ANALYZE');
      }
      client = new pg.Client({ connectionString: log.database.url, options: LOG_OPTIONS });
      await client.connect();
      const [first] = await log.send([{ conversation, sender: log.ada, clientId: 'root' }], client);
      root = first?.id ?? '';
      await log.send(
        [{ conversation, sender: log.ada, clientId: 'all', root, replyTo: root, mentions: 'bob' }],
        client,
      );
      await grow();
    });
    afterAll(async () => {
      await client.end();
      await log.stop();
    });

    it('reads no more than its own rows', async () => {
      const [file] = await log.rows<{ id: string }>('SELECT id FROM attachments LIMIT 1');
      const read = {
        plain: await readBy({}),
        reply: await readBy({ replyTo: root }),
        threadReply: await readBy({ root }),
        mention: await readBy({ mentions: 'bob,p7' }),
        attachment: await readBy({ attachment: file?.id ?? '' }),
      };
      for (const [what, entries] of Object.entries(read)) expect(entries, what).toBeLessThan(ENTRIES_MAX);
    });
  },
);
