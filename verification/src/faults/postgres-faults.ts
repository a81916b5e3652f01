import pg from 'pg';
import { sleep } from '../driver/outcome.js';
import type { Database } from '../run/cluster.js';
import type { CommitCutter } from './commit-cutter.js';
import type { Fault } from './fault.js';
import { becomes } from './instance-faults.js';

function postgresFault(
  name: string,
  blocking: boolean,
  holdMs: number,
  inject: () => Promise<string>,
  heal: () => Promise<void>,
): Fault {
  return { name, target: 'postgres', affects: 'postgres', process: null, blocking, holdMs, inject, heal };
}

const nothing = (): Promise<void> => Promise.resolve();

async function ask(postgres: Database, sql: string): Promise<string> {
  const client = new pg.Client({
    connectionString: postgres.url,
    connectionTimeoutMillis: 3_000,
    query_timeout: 3_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ value: string }>(sql);
    return rows[0]?.value ?? '';
  } finally {
    await client.end().catch(() => undefined);
  }
}

const STARTED = 'SELECT pg_postmaster_start_time()::text AS value';

export function restartPostgres(postgres: Database, mode: 'fast' | 'immediate'): Fault {
  return postgresFault(
    `restart PostgreSQL (${mode})`,
    true,
    0,
    async () => {
      const before = await ask(postgres, STARTED);
      await postgres.restart(mode);
      const after = await ask(postgres, STARTED);
      if (before === after) throw new Error('it was not restarted');
      return `started again at ${after}`;
    },
    nothing,
  );
}

export function freezePostgres(postgres: Database, forMs: number): Fault {
  return postgresFault(
    'SIGSTOP PostgreSQL',
    true,
    forMs,
    async () => {
      if (postgres.pid === null) throw new Error('PostgreSQL does not run');
      postgres.pause();
      await becomes(postgres.pid, 'T');
      return `process ${String(postgres.pid)} and its children are stopped`;
    },
    () => {
      postgres.resume();
      return Promise.resolve();
    },
  );
}

export function terminateBackends(postgres: Database, times: number): Fault {
  return postgresFault(
    'pg_terminate_backend',
    false,
    0,
    async () => {
      let ended = 0;
      for (let time = 0; time < times; time += 1) {
        ended += Number(
          await ask(
            postgres,
            `SELECT count(pg_terminate_backend(pid))::text AS value FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
          ),
        );
        await sleep(400);
      }
      if (ended === 0) throw new Error('there was no connection');
      return `${String(ended)} connections were ended`;
    },
    nothing,
  );
}

/** Connections die between COMMIT and its answer. */
export function cutAfterCommit(cutters: CommitCutter[], cutsEach: number, withinMs: number): Fault {
  return postgresFault(
    'cut after COMMIT',
    false,
    0,
    async () => {
      const before = cutters.reduce((sum, { cuts }) => sum + cuts, 0);
      for (const cutter of cutters) cutter.armed = cutsEach;
      const end = Date.now() + withinMs;
      while (Date.now() < end && cutters.some(({ armed }) => armed > 0)) await sleep(20);
      for (const cutter of cutters) cutter.armed = 0;
      const cuts = cutters.reduce((sum, counted) => sum + counted.cuts, 0) - before;
      if (cuts === 0) throw new Error('no commit went through the tunnels');
      return `${String(cuts)} answers to a COMMIT never arrived`;
    },
    nothing,
  );
}
