import { PrismaPg } from '@prisma/adapter-pg';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import pg from 'pg';
import { Config } from '../../config/config.js';
import { PrismaClient } from '../../generated/prisma/client.js';
import { withDeadline } from '../errors/with-deadline.js';
import { Logger } from '../logger/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { currentContext } from '../request-context/request-context.js';
import { DURABLE_COMMITS } from './durable-commits.js';
import { measuredPool } from './measured-pool.js';
import { PreparedTexts } from './prepared-texts.js';

/** A send fails within 2 s while PostgreSQL is away (G10), so nobody waits longer for a connection. */
const CONNECT_TIMEOUT_MS = 1_500;
/** No statement of ours takes this long in health; a stuck one must not hold a conversation's lock. */
const STATEMENT_TIMEOUT_MS = 1_700;
const LOCK_TIMEOUT_MS = 1_500;
/** Above the server's own limit: it ends what a frozen server does not answer at all, still within the 2 s. */
const ANSWER_TIMEOUT_MS = 1_900;
const IDLE_TIMEOUT_MS = 30_000;
const PING_DEADLINE_MS = 1_000;

/** What PostgreSQL rolled back, and would not the next time, is retried this often, a little later each time. */
const RETRIES = 3;
const RETRY_PAUSE_MS = 20;
const RETRIED_SQLSTATES = new Set(['40001', '40P01']);
const FEATURE_NOT_SUPPORTED = '0A000';

/** Runs SQL, in a transaction or on its own. Values are always parameters, so that a text is prepared once a connection. */
export interface Sql {
  query: <R extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<R[]>;
}

/** PostgreSQL: one pool a process, shared by Prisma and by plain SQL. */
@Injectable()
export class Database implements Sql, OnApplicationShutdown {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  private readonly prepared = new PreparedTexts();
  private epochBeingRead: Promise<string> | undefined;

  constructor(config: Config, logger: Logger, metrics: Metrics) {
    const options: pg.PoolConfig = {
      connectionString: config.database.url,
      max: config.database.poolSize,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
      options: DURABLE_COMMITS,
      keepAlive: true,
      application_name: 'parley',
    };
    this.pool = measuredPool('main', options, metrics);
    // Without a listener, a connection that breaks while it is idle ends the process.
    this.pool.on('error', (error) => {
      metrics.databaseErrors.inc();
      logger.warn(`PostgreSQL: ${error.message}`);
    });
    this.prisma = new PrismaClient({ adapter: new PrismaPg(this.pool) });
  }

  /** One statement is a transaction of its own: again after a deadlock or a serialization failure, too. */
  query<R extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    return this.retried(() => this.queryOnce<R>(this.pool, text, values));
  }

  /**
   * Runs `work` in one transaction, and again after a deadlock or a serialization failure: it must do nothing
   * but SQL. Rejects where COMMIT got no answer; whether it happened is then unknown.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.retried(() => this.transactOnce(work));
  }

  /**
   * Calls a function as such a statement, and tells it the request that it is called for (`current_request()`). The
   * condition and OFFSET 0 keep the planner from calling it before the setting is made.
   */
  callInRequest<R extends pg.QueryResultRow>(call: string, values: readonly unknown[]): Promise<R[]> {
    return this.query<R>(
      `SELECT result.* FROM set_config('parley.request_id', $${String(values.length + 1)}, true) request(id),
              LATERAL (SELECT * FROM ${call} WHERE request.id IS NOT NULL OFFSET 0) result`,
      [...values, currentContext()?.requestId ?? ''],
    );
  }

  /** After a deadlock, a serialization failure, or a prepared text that a migration has outdated: all is rolled back. */
  private async retried<T>(attemptOnce: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await attemptOnce();
      } catch (error) {
        if (attempt > RETRIES || !isRetried(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * RETRY_PAUSE_MS * attempt));
      }
    }
  }

  /** Milliseconds of one round trip. */
  async ping(): Promise<number> {
    const started = performance.now();
    await withDeadline(this.query('SELECT 1'), PING_DEADLINE_MS, 'PostgreSQL');
    return performance.now() - started;
  }

  /**
   * Names this history of the database; a restore gives it another. Never kept, since the restore tells nobody; but when
   * thousands connect at once, those who ask while it is being read share the answer.
   */
  epoch(): Promise<string> {
    this.epochBeingRead ??= this.readEpoch().finally(() => {
      this.epochBeingRead = undefined;
    });
    return this.epochBeingRead;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.prisma.$disconnect();
    await this.pool.end();
  }

  private async readEpoch(): Promise<string> {
    const [row] = await this.query<{ value: string }>('SELECT value FROM epoch');
    if (!row) throw new Error('The database has no epoch: it was not migrated');
    return row.value;
  }

  private async queryOnce<R extends pg.QueryResultRow>(
    on: pg.Pool | pg.PoolClient,
    text: string,
    values: readonly unknown[],
  ): Promise<R[]> {
    try {
      const name = this.prepared.nameOf(text);
      return (await on.query<R>({ ...(name !== undefined && { name }), text, values: [...values] })).rows;
    } catch (error) {
      if (isOutdated(error)) this.prepared.forget(text);
      throw error;
    }
  }

  private async transactOnce<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    // The pool listens only while a connection is idle. One that breaks in here would end the process unheard; the
    // statement under way, or the next one, rejects by itself.
    const onBroken = (error: Error): void => {
      broken = error;
    };
    client.on('error', onBroken);
    try {
      await client.query('BEGIN');
      const result = await work({
        query: <R extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) =>
          this.queryOnce<R>(client, text, values),
      });
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((rollbackError: unknown) => {
        broken = rollbackError instanceof Error ? rollbackError : new Error(String(rollbackError));
      });
      throw error;
    } finally {
      // A connection that could not roll back is closed: what it still holds must not meet the next request.
      client.release(broken);
      client.off('error', onBroken);
    }
  }
}

function isRetried(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  return isOutdated(error) || (error.code !== undefined && RETRIED_SQLSTATES.has(error.code));
}

/** A migration has changed what a prepared text answers: the view behind it has a column more. Its message is translated. */
function isOutdated(error: unknown): boolean {
  return (
    error instanceof pg.DatabaseError &&
    error.code === FEATURE_NOT_SUPPORTED &&
    error.routine === 'RevalidateCachedQuery'
  );
}
