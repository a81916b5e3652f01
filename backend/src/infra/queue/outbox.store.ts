import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';

/** The outbox as the jobs see it. Ids are 64 bits wide and travel as text. */
@Injectable()
export class OutboxStore {
  constructor(private readonly database: Database) {}

  /** Rows whose effects are not done yet, oldest first. */
  async pendingIds(limit: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      'SELECT id::text FROM outbox WHERE done_at IS NULL ORDER BY id LIMIT $1',
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Whether the row was not done before. */
  async markDone(id: string): Promise<boolean> {
    const rows = await this.database.query(
      'UPDATE outbox SET done_at = now() WHERE id = $1 AND done_at IS NULL RETURNING id',
      [id],
    );
    return rows.length > 0;
  }

  async deleteDoneBefore(before: Date): Promise<void> {
    await this.database.query('DELETE FROM outbox WHERE done_at < $1', [before]);
  }
}
