import type { Conversation, Message } from '@parley/protocol';
import type pg from 'pg';
import { withDatabase } from './in-database.js';
import type { Story } from './story.js';
import { expect, until, value } from './story.js';
import { isAt, post, shows, startGroup } from './talk.js';

const REPAIRED_WITHIN_MS = 11_000;
/** Devices reconnect by their back-off of at most ten seconds, to instances that have just started. */
const NOTICED_WITHIN_MS = 30_000;
const SENTENCES = 6;

export const restoredBackup: Story = {
  name: 'restored-backup',
  sentence:
    'A backup that is taken while people chat and restored as the manual says: clients notice the other epoch, forget what was lost, show exactly what the database holds, and what was lost can be sent again.',
  run: async (stage) => {
    const [owner, member] = [await stage.person(), await stage.person()];
    const group = await startGroup(owner, [member], 'restored');
    const device = await stage.device(member);
    const read = async (): Promise<Conversation> =>
      value(await owner.session.call<Conversation>('GET', `/conversations/${group.id}`), 'reading');
    for (let index = 0; index < SENTENCES; index += 1) await post(owner, group.id, `kept ${String(index)}`);
    const kept = await read();
    const backup = await withDatabase(stage, takeBackup);
    for (let index = 0; index < SENTENCES - 1; index += 1)
      await post(owner, group.id, `lost ${String(index)}`);
    const body = { clientMessageId: 'in-both-histories', text: 'sent before the restore and after it' };
    const path = `/conversations/${group.id}/messages`;
    value(await owner.session.call<Message>('POST', path, body), 'sending');
    const lost = await read();
    await until(() => isAt(device, group.id, lost.lastSeq), REPAIRED_WITHIN_MS, 'the device is behind');

    // PRODUCTION_DEPLOYMENT.md, "Restore": stop what writes, restore, name the history anew, start.
    const servers = [...stage.cluster.instances, stage.cluster.worker];
    await Promise.all(servers.map((server) => server.terminate()));
    const rows = await withDatabase(stage, async (client) => {
      const restored = await restore(client, backup);
      await client.query('UPDATE epoch SET value = gen_random_uuid()::text');
      return restored;
    });
    await Promise.all(servers.map((server) => server.start()));

    const after = value(await owner.session.settle<Message>('POST', path, body), 'sending again');
    expect(
      after.seq === kept.lastSeq + 1,
      `the first message after the restore is number ${String(after.seq)}, not ${String(kept.lastSeq + 1)}`,
    );
    const noticedMs = await until(
      () => isAt(device, group.id, after.seq),
      NOTICED_WITHIN_MS,
      'the device still shows the lost history',
    );
    const shown = device.rooms.get(group.id)?.window?.messages.get(after.seq);
    expect(shown?.id === after.id, 'the device mixes the two histories');
    expect(shows(device, group.id).seqs.length === after.seq, 'the device does not show the whole history');
    const next = await post(owner, group.id, 'a new history');
    await until(() => isAt(device, group.id, next.seq), REPAIRED_WITHIN_MS, 'the device is not live again');
    return { lost: lost.lastSeq - kept.lastSeq, rows, noticedMs };
  },
};

/** Files that PostgreSQL itself wrote, one a table, all of one moment. */
interface Backup {
  tables: { name: string; columns: string; file: string }[];
}

/**
 * What `pg_dump` does, which the embedded PostgreSQL comes without: every table copied out in one snapshot, while all goes on.
 * The schema is left out: nothing between this backup and its restore changes it.
 */
async function takeBackup(client: pg.Client): Promise<Backup> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const { rows: tables } = await client.query<{ name: string; columns: string; file: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name,
            string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum) AS columns,
            current_setting('data_directory') || '/backup-' || c.oid AS file
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') GROUP BY c.oid, n.nspname, c.relname`,
  );
  for (const { name, columns, file } of tables)
    await client.query(`COPY ${name} (${columns}) TO '${file}' (FORMAT binary)`);
  await client.query('COMMIT');
  return { tables };
}

/** What `pg_restore --clean` does: whatever is there goes, and the backup comes, in one transaction. */
async function restore(client: pg.Client, { tables }: Backup): Promise<number> {
  let restored = 0;
  await client.query('BEGIN');
  // As a restore does, without triggers: rows come table by table, not in the order of their foreign keys.
  await client.query("SET LOCAL session_replication_role = 'replica'");
  await client.query(`TRUNCATE ${tables.map(({ name }) => name).join(', ')}`);
  for (const { name, columns, file } of tables) {
    const { rowCount } = await client.query(`COPY ${name} (${columns}) FROM '${file}' (FORMAT binary)`);
    restored += rowCount ?? 0;
  }
  await client.query('COMMIT');
  return restored;
}
