import type { DeviceOptions } from '../driver/device.js';
import { sleep } from '../driver/outcome.js';
import { redisCommand } from '../faults/redis-command.js';
import type { Cluster } from '../run/cluster.js';
import { presenceAfterDeath } from '../stories/presence-stories.js';
import type { Story } from '../stories/story.js';

/** A defect put into a running product from outside: the product's code knows nothing of it. */
export interface PlantedDefect {
  name: string;
  /** What is wrong with the product now. */
  sentence: string;
  /** The judges, or the story that is told, of which at least one must say so. */
  caughtBy: string[];
  /** Variables of all processes over the common ones. */
  environment?: Record<string, string>;
  /** For how long people send, where the usual time shows nothing. */
  harmMs?: number;
  /** Made in the database before anybody is there. */
  sql: string[];
  /** What must happen while people send, for the defect to do its harm. */
  provoke?: (cluster: Cluster) => Promise<void>;
  /**
   * Told instead of traffic, where only a story can show the harm: what it must say, as one that breaks for
   * another reason proves nothing, and what is done all the while.
   */
  story?: { told: Story; says: string; sabotage: (cluster: Cluster) => Promise<void> };
  /** What the devices of the checker do wrong, where the defect is one of the product's clients. */
  devices?: Pick<DeviceOptions, 'repairsHoles' | 'losesFrame'>;
}

/** Replaces a piece of a function of the message log; fails where the piece is not there, so that no defect is planted in vain. */
function inFunction(name: string, piece: string, by: string): string {
  return `DO $plant$
    DECLARE v_old text; v_new text;
    BEGIN
      SELECT pg_get_functiondef(p.oid) INTO STRICT v_old FROM pg_proc p WHERE p.proname = '${name}';
      v_new := replace(v_old, $piece$${piece}$piece$, $by$${by}$by$);
      IF v_new = v_old THEN RAISE EXCEPTION 'nothing to plant in ${name}'; END IF;
      EXECUTE v_new;
    END $plant$`;
}

/** What is published meanwhile reaches no other instance, and nobody is told. */
async function loseTheBus(cluster: Cluster): Promise<void> {
  const end = Date.now() + 10_000;
  while (Date.now() < end) {
    await redisCommand(cluster.redis.port, 'CLIENT KILL TYPE pubsub');
    await sleep(25);
  }
}

/** Runs in Redis: the lease of an instance, under which it speaks of its people, holds for ever, also when it is dead. */
const NEVER_EXPIRES = `
  for _, key in ipairs(redis.call('KEYS', 'presence:*:instances')) do
    for _, lease in ipairs(redis.call('ZRANGE', key, 0, -1)) do redis.call('ZADD', key, 9999999999999, lease) end
  end
  return 'done'`.replace(/\s+/g, ' ');

async function keepLeases(cluster: Cluster): Promise<void> {
  const answer = await redisCommand(cluster.redis.port, `EVAL "${NEVER_EXPIRES}" 0`);
  // Redis answers the length of the text first.
  if (!answer.startsWith('$')) throw new Error(`the leases were not kept: ${answer}`);
}

/** Loaded into every Node process before the product: a megabyte and an open file are kept five times a second. */
const LEAK = `import{openSync}from'node:fs';const kept=[];setInterval(()=>kept.push(Buffer.alloc(1048576,1),openSync(process.execPath)),200).unref()`;

export const PLANTED_DEFECTS: readonly PlantedDefect[] = [
  {
    name: 'acknowledged before it is durable',
    sentence: 'A commit answers before it is on disk, and PostgreSQL crashes.',
    caughtBy: ['acknowledged-is-stored', 'dense-numbers', 'observers-agree', 'convergence'],
    sql: [
      // The connections of the log insist on a durable commit, which a trigger can undo from inside. Every change writes the
      // outbox; its jobs and the read pointers too, as whatever is durable takes all before it to the disk.
      `CREATE FUNCTION checker_lies() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN PERFORM set_config('synchronous_commit', 'off', true); RETURN NULL; END $$`,
      'CREATE TRIGGER checker_lies AFTER INSERT OR UPDATE ON outbox FOR EACH STATEMENT EXECUTE FUNCTION checker_lies()',
      'CREATE TRIGGER checker_lies AFTER UPDATE ON members FOR EACH STATEMENT EXECUTE FUNCTION checker_lies()',
      'ALTER SYSTEM SET synchronous_commit = off',
      // Nothing else may write the log of PostgreSQL out by the way.
      "ALTER SYSTEM SET wal_writer_delay = '10s'",
      'ALTER SYSTEM SET bgwriter_lru_maxpages = 0',
      "ALTER SYSTEM SET wal_writer_flush_after = '1GB'",
      'SELECT pg_reload_conf()',
    ],
    provoke: async (cluster) => {
      await sleep(3_000);
      await cluster.postgres.restart('immediate');
    },
  },
  {
    name: 'no unique key',
    sentence: 'A repeated client id is not recognised.',
    caughtBy: ['one-row-per-client-id'],
    sql: [
      `DO $plant$ DECLARE v record; BEGIN
         FOR v IN SELECT indexname FROM pg_indexes WHERE tablename = 'messages' AND indexdef LIKE '%client_message_id%' LOOP
           EXECUTE format('DROP INDEX %I', v.indexname);
         END LOOP; END $plant$`,
      inFunction(
        'send_messages',
        'WHERE k.client_message_id = i.client_id',
        'WHERE false AND k.client_message_id = i.client_id',
      ),
    ],
  },
  {
    name: 'a sequence as the number',
    sentence: 'Now and then a number is taken and not used.',
    caughtBy: ['dense-numbers', 'shown-in-order'],
    sql: [
      `CREATE FUNCTION checker_skips() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN IF NEW.last_seq > OLD.last_seq AND NEW.last_seq % 7 = 0 THEN NEW.last_seq := NEW.last_seq + 1; END IF; RETURN NEW; END $$`,
      'CREATE TRIGGER checker_skips BEFORE UPDATE ON conversations FOR EACH ROW EXECUTE FUNCTION checker_skips()',
    ],
  },
  {
    name: 'a sequence as the cursor',
    sentence:
      'What catches up reads on from the highest number it saw, and never sees what a lower number commits late.',
    caughtBy: ['convergence', 'shown-in-order'],
    sql: [
      // Readers of the log see some messages two seconds after the head that counts them, as if they were committed that late.
      'ALTER VIEW message_rows RENAME TO checker_all_message_rows',
      `CREATE VIEW message_rows AS SELECT * FROM checker_all_message_rows
        WHERE seq % 5 <> 0 OR created_at < clock_timestamp() - interval '2 seconds'`,
    ],
    provoke: loseTheBus,
  },
  {
    name: 'no position check',
    sentence: 'The instances are not told what was written, and the bus loses events.',
    caughtBy: ['live-delivery', 'convergence'],
    sql: [
      'CREATE FUNCTION checker_forgets() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
      'CREATE TRIGGER checker_forgets BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION checker_forgets()',
    ],
    provoke: loseTheBus,
  },
  {
    name: 'catch-up only on reconnect',
    sentence: 'Clients do not repair a hole that they see, and whose frame no instance knows to be missing.',
    caughtBy: ['live-delivery', 'convergence'],
    // The servers are in order: what one of them was not told, it repairs for its clients too.
    sql: [],
    devices: { repairsHoles: false, losesFrame: 10 },
  },
  {
    name: 'membership not checked again',
    sentence: 'Removals are not seen by the instances: a leaver stays in the room.',
    caughtBy: ['no-leak', 'removal-holds', 'convergence'],
    sql: [
      // The removal is stored, and looks as if it had happened long ago.
      `CREATE FUNCTION checker_hides() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN IF NEW.left_at IS NOT NULL AND OLD.left_at IS NULL THEN NEW.left_at := NEW.left_at - interval '1 day'; END IF; RETURN NEW; END $$`,
      'CREATE TRIGGER checker_hides BEFORE UPDATE ON members FOR EACH ROW EXECUTE FUNCTION checker_hides()',
      `CREATE FUNCTION checker_hides_rev() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN NEW.members_rev := OLD.members_rev; RETURN NEW; END $$`,
      'CREATE TRIGGER checker_hides_rev BEFORE UPDATE ON conversations FOR EACH ROW EXECUTE FUNCTION checker_hides_rev()',
    ],
    provoke: async (cluster) => {
      // Without the bus, only what PostgreSQL tells can make a socket leave.
      await sleep(2_000);
      cluster.redis.pause();
      await sleep(10_000);
      cluster.redis.resume();
    },
  },
  {
    name: 'unread counted wrongly',
    sentence: 'Reading moves the pointer and not the count.',
    caughtBy: ['read-pointers'],
    sql: [
      `CREATE FUNCTION checker_miscounts() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN IF NEW.read_seq > OLD.read_seq THEN NEW.read_text_count := OLD.read_text_count; END IF; RETURN NEW; END $$`,
      'CREATE TRIGGER checker_miscounts BEFORE UPDATE ON members FOR EACH ROW EXECUTE FUNCTION checker_miscounts()',
    ],
  },
  {
    name: 'a leak',
    sentence: 'Every process keeps memory and open files.',
    caughtBy: ['processes-live'],
    sql: [],
    environment: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(LEAK)}` },
    // Until processes are warm, and until they are compared.
    harmMs: 45_000,
  },
  {
    name: 'presence without expiry',
    sentence: 'A lease of presence never ends: who was connected to a dead instance stays online.',
    caughtBy: [presenceAfterDeath.name],
    sql: [],
    story: {
      told: presenceAfterDeath,
      says: 'shown online whose instance is dead',
      sabotage: keepLeases,
    },
  },
];
