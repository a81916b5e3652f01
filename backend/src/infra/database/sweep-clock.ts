import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Logger } from '../logger/logger.js';
import { Database } from './database.js';

/** When a sweep begins, by the clock of PostgreSQL, which stamps what sweeps look for. */
export interface SweepStart {
  readonly now: Date;
  /**
   * What was stamped before this is either visible to the sweep or never will be: no later than the beginning of the
   * oldest transaction that is still writing. Statements have their deadline, a COMMIT has none: it may wait for a
   * stalled disk or a standby for minutes, and what it makes visible then was stamped before.
   */
  readonly settledTo: Date;
}

@Injectable()
export class SweepClock {
  constructor(
    private readonly config: Config,
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<SweepStart> {
    const [start] = await this.database.query<{ now: Date; settledTo: Date }>(
      `SELECT now, least(now, (SELECT min(xact_start) FROM pg_stat_activity
                                WHERE datname = current_database() AND backend_xid IS NOT NULL)) AS "settledTo"
         FROM clock_timestamp() AS now`,
    );
    if (!start) throw new Error('PostgreSQL told no time');
    return start;
  }

  /**
   * Whether a sweep was kept from looking for so long that what it looks for may have been cleaned up, or be too much:
   * it checks all that it holds then. Rare enough to be told.
   */
  isLongPause(sweep: string, since: Date, now: Date): boolean {
    const pauseMs = now.getTime() - since.getTime();
    if (pauseMs <= this.config.database.fullCheckAfterMs) return false;
    this.logger.info(`${sweep} checks everything after a long pause`, { pauseMs });
    return true;
  }
}
