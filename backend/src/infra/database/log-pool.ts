import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type pg from 'pg';
import { Config } from '../../config/config.js';
import { Logger } from '../logger/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { DURABLE_COMMITS } from './durable-commits.js';
import { measuredPool } from './measured-pool.js';

/** Groups that are under way at once: 3 measured best; a fourth helps only where a COMMIT takes 1 ms or more. */
export const LOG_POOL_SIZE = 3;
const CONNECT_TIMEOUT_MS = 1_000;
/** Together below the 2 s within which a send must fail while PostgreSQL is away (G10). */
const STATEMENT_TIMEOUT_MS = 1_800;
const LOCK_TIMEOUT_MS = 1_500;
const ANSWER_TIMEOUT_MS = 1_900;

/**
 * Connections of their own for the functions that send. Custom plans would be made again at every call of a small
 * group (0.6 ms of CPU each), and a sequential scan chosen while a table was small would stay in the plan: both are
 * switched off, here only.
 */
@Injectable()
export class LogPool implements OnApplicationShutdown {
  private readonly pool: pg.Pool;

  constructor(config: Config, logger: Logger, metrics: Metrics) {
    const options: pg.PoolConfig = {
      connectionString: config.database.url,
      max: LOG_POOL_SIZE,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      options: `-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off ${DURABLE_COMMITS}`,
      keepAlive: true,
      application_name: 'parley-log',
    };
    this.pool = measuredPool('log', options, metrics);
    this.pool.on('error', (error) => {
      metrics.databaseErrors.inc();
      logger.warn(`PostgreSQL (log): ${error.message}`);
    });
  }

  /**
   * Runs a statement that is prepared once a connection under `name`. One statement is one transaction: it is
   * committed when this resolves. When it rejects, whether it happened is unknown unless PostgreSQL said so.
   */
  async call<R extends pg.QueryResultRow>(name: string, text: string, values: unknown[]): Promise<R[]> {
    const result = await this.pool.query<R>({ name, text, values });
    return result.rows;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}
