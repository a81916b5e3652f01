import pg from 'pg';
import type { World } from '../workload.js';

/** The statement by which the product reads a page before a seq (backend/src/messaging/history.store.ts). */
export const PAGE_STATEMENT = `WITH head AS (
    SELECT c.id, c.last_seq AS head_seq, c.last_rev AS head_rev
      FROM conversations c JOIN members me ON me.conversation_id = c.id AND me.user_id = $1 AND me.left_at IS NULL
     WHERE c.deleted_at IS NULL AND c.id = $2),
  low AS (SELECT *, least($3::bigint, head_seq + 1) - $4 AS low FROM head)
  SELECT low.head_seq, low.head_rev, r.*
    FROM low LEFT JOIN message_rows r ON r.conversation_id = low.id AND r.seq >= low.low AND r.seq < low.low + $4
   ORDER BY r.seq`;

/**
 * So many more messages, spread evenly over the world's rooms in the order of time, as if people had talked everywhere at once:
 * the rows of a page lie far apart on disk. Indexes are made after the rows, which takes minutes less.
 */
export async function seedMessages(url: string, world: World, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(
      `SET synchronous_commit = off; SET maintenance_work_mem = '1GB'; SET session_replication_role = replica`,
    );
    const { rows } = await client.query<{ indexname: string; indexdef: string }>(
      `SELECT indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename = 'messages' AND indexname <> 'messages_pkey'`,
    );
    await client.query(
      ['ALTER TABLE messages DROP CONSTRAINT messages_pkey']
        .concat(rows.map(({ indexname }) => `DROP INDEX "${indexname}"`))
        .join(';'),
    );
    const rooms = world.layout.rooms;
    const each = Math.floor(count / rooms);
    await client.query(
      `INSERT INTO messages (conversation_id, seq, id, rev, sender_id, client_message_id, text, text_count, created_at)
       SELECT c.id, c.last_seq + 1 + k / $1, m.id, c.last_rev + 1 + k / $1, c.created_by, m.id::text,
              rpad('Message ' || k, 100, ' and so on'), k / $1, now()
         FROM generate_series(0, $2::int - 1) AS k
         JOIN LATERAL (SELECT uuidv7() AS id WHERE k >= 0) m ON true
         JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS number FROM conversations WHERE id = ANY ($3::uuid[])) c
           ON c.number = k % $1`,
      [rooms, each * rooms, Array.from({ length: rooms }, (_, room) => world.conversationId(room))],
    );
    await client.query(
      `UPDATE conversations SET last_seq = last_seq + $1, last_rev = last_rev + $1, text_count = text_count + $1
        WHERE id = ANY ($2::uuid[])`,
      [each, Array.from({ length: rooms }, (_, room) => world.conversationId(room))],
    );
    await client.query(
      ['ALTER TABLE messages ADD CONSTRAINT messages_pkey PRIMARY KEY (conversation_id, seq)']
        .concat(rows.map(({ indexdef }) => indexdef))
        .join(';'),
    );
    // Two statements: one text of several would be one transaction, in which nothing is vacuumed.
    await client.query('VACUUM ANALYZE messages');
    await client.query('VACUUM ANALYZE conversations');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
}
