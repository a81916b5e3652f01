import pg from 'pg';
import { digestCore, intern, mentionsOf } from '../recording/digest.js';
import type { DatabaseRow } from '../recording/entries.js';
import type { Recorder } from '../recording/recorder.js';

/** Of the outbox, done rows go after an hour; what is younger than this must be there. */
const KEPT_FOR_CERTAIN = '55 minutes';

interface MessageRow {
  id: string;
  seq: number;
  rev: number;
  sender_id: string;
  client_message_id: string | null;
  kind: 'text' | 'system';
  text: string;
  reply_to_id: string | null;
  thread_root_id: string | null;
  edited: boolean;
  deleted: boolean;
  system: { type: string; userIds?: string[] } | null;
  mentions: string[];
  mentions_all: boolean;
}

/** Writes down what PostgreSQL holds of the conversations of the run: the truth that all else is held against. */
export async function dumpDatabase(url: string, conversations: string[], recorder: Recorder): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const conversation of conversations) {
      // One snapshot for the counters and what they count.
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const counters = await client.query<{ last_seq: number; last_rev: number; young: boolean }>(
        'SELECT last_seq, last_rev, created_at > now() - $2::interval AS young FROM conversations WHERE id = $1',
        [conversation, KEPT_FOR_CERTAIN],
      );
      const messages = await client.query<MessageRow>(
        `SELECT id, seq, rev, sender_id, client_message_id, kind, text, reply_to_id, thread_root_id, system, mentions, mentions_all,
                edited_at IS NOT NULL AS edited, deleted_at IS NOT NULL AS deleted
           FROM messages WHERE conversation_id = $1 ORDER BY seq`,
        [conversation],
      );
      const members = await client.query<{ user: string; readSeq: number; left: boolean }>(
        `SELECT user_id AS user, read_seq AS "readSeq", left_at IS NOT NULL AS left FROM members WHERE conversation_id = $1`,
        [conversation],
      );
      const jobs = await client.query<{ rev: number; message: string | null; done: boolean; young: boolean }>(
        `SELECT rev, message_id AS message, done_at IS NOT NULL AS done,
                created_at > now() - $2::interval AS young
           FROM outbox WHERE conversation_id = $1 ORDER BY rev, id`,
        [conversation, KEPT_FOR_CERTAIN],
      );
      await client.query('COMMIT');
      const {
        last_seq: lastSeq,
        last_rev: lastRev,
        young,
      } = counters.rows[0] ?? { last_seq: 0, last_rev: 0, young: false };
      recorder.write({
        k: 'database',
        conversation,
        lastSeq,
        lastRev,
        rows: messages.rows.map(rowOf),
        members: members.rows,
      });
      recorder.write({
        k: 'outbox',
        conversation,
        certainFrom: young ? 1 : (jobs.rows.find((job) => job.young)?.rev ?? lastRev + 1),
        rows: jobs.rows.map(({ rev, message, done }) => ({
          rev,
          message: message === null ? null : intern(message),
          done,
        })),
      });
    }
  } finally {
    await client.end();
  }
}

function rowOf(row: MessageRow): DatabaseRow {
  const mentions = mentionsOf(row.mentions, row.mentions_all);
  return {
    id: intern(row.id),
    seq: row.seq,
    rev: row.rev,
    sender: intern(row.sender_id),
    clientMessageId: row.client_message_id,
    kind: row.kind,
    core: digestCore({
      kind: row.kind,
      senderId: row.sender_id,
      clientMessageId: row.client_message_id,
      // A tombstone shows no text, whatever the row may still hold.
      text: row.deleted ? '' : row.text,
      edited: row.edited,
      deleted: row.deleted,
      replyToId: row.reply_to_id,
      threadRootId: row.thread_root_id,
    }),
    deleted: row.deleted,
    ...(mentions === undefined ? {} : { mentions }),
    system: row.system === null ? null : { type: row.system.type, userIds: row.system.userIds ?? [] },
  };
}
