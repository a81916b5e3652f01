import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Logger } from '../logger/logger.js';
import { Database } from './database.js';

/**
 * An ack means that the message is on disk (G1). The connections see to `synchronous_commit` themselves; whether the
 * server syncs at all is its own setting, which they can only ask for.
 */
@Injectable()
export class Durability {
  private told = false;

  constructor(
    private readonly config: Config,
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  /**
   * Rejects where a production server does not sync: the process then never gets ready, rather than acknowledge what a
   * crash would lose. Elsewhere (tests run without, for speed) it warns once. Asked with each check of readiness and
   * not at the start alone: a start goes on while PostgreSQL is away.
   */
  async ensure(): Promise<void> {
    const [row] = await this.database.query<{ fsync: string }>("SELECT current_setting('fsync') AS fsync");
    if (row?.fsync === 'on') {
      this.told = false;
      return;
    }
    if (!this.told) this.logger.warn('PostgreSQL runs with fsync off: a crash loses what was acknowledged');
    this.told = true;
    if (this.config.production) throw new Error('PostgreSQL runs with fsync off');
  }
}
