import pg from 'pg';
import type { World } from '../workload.js';

/** Where the counters of a conversation begin: numbers of the same length, so that frames have the same bytes. */
export const FIRST_NUMBER = 1_000_000;

/**
 * People, sessions and memberships straight into the tables: signing ten thousand people up through the API would take an hour
 * of password hashing. The database is the bench's own, and this is the only file that knows its tables.
 */
export async function seedDatabase(url: string, worlds: readonly World[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const world of worlds) await seedWorld(client, world);
    await client.query('ANALYZE users, sessions, conversations, members');
  } finally {
    await client.end();
  }
}

async function seedWorld(client: pg.Client, world: World): Promise<void> {
  const { layout, shape } = world;
  const users = layout.roomsOf.map((_, user) => user);
  const userIds = users.map((user) => world.userId(user));
  const rooms = Array.from({ length: layout.rooms }, (_, room) => world.conversationId(room));
  const members = layout.roomsOf.flatMap((own, user) => own.map((room) => ({ user, room })));

  await client.query(
    `INSERT INTO users (id, username, display_name)
     SELECT id, replace(id::text, '-', ''), 'Bench ' || right(id::text, 12) FROM unnest($1::uuid[]) AS id`,
    [userIds],
  );
  await client.query(
    `INSERT INTO sessions (id, user_id, refresh_hash, user_agent, ip, expires_at)
     SELECT id, user_id, 'none', 'bench', '127.0.0.1', now() + interval '1 day'
       FROM unnest($1::uuid[], $2::uuid[]) AS s(id, user_id)`,
    [users.map((user) => world.sessionId(user)), userIds],
  );
  await client.query(
    `INSERT INTO conversations (id, kind, title, created_by, member_count, last_seq, last_rev, text_count)
     SELECT id, 'group', 'Room', $2, $3, $4, $4, 0 FROM unnest($1::uuid[]) AS id`,
    [rooms, world.userId(0), shape.membersPerRoom, FIRST_NUMBER],
  );
  await client.query(
    `INSERT INTO members (user_id, conversation_id, joined_rev, joined_at, updated_at, read_seq)
     SELECT user_id, conversation_id, 1, now() - interval '1 day', now() - interval '1 day', $3
       FROM unnest($1::uuid[], $2::uuid[]) AS m(user_id, conversation_id)`,
    [
      members.map(({ user }) => world.userId(user)),
      members.map(({ room }) => world.conversationId(room)),
      FIRST_NUMBER,
    ],
  );
}
