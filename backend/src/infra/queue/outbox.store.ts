import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';

/** A change whose effects are not done, and the request that made it. */
export interface PendingRow {
  readonly id: string;
  readonly requestId: string | null;
}

/** The outbox as the jobs see it. Ids are 64 bits wide and travel as text. */
@Injectable()
export class OutboxStore {
  constructor(private readonly database: Database) {}

  /** Rows above an id whose effects are not done yet, oldest first. */
  pending(afterId: string, limit: number): Promise<PendingRow[]> {
    return this.database.query<{ id: string; requestId: string | null }>(
      `SELECT id::text, request_id AS "requestId" FROM outbox
        WHERE done_at IS NULL AND id > $1 ORDER BY outbox.id LIMIT $2`,
      [afterId, limit],
    );
  }

  /** How many rows wait for their effects, as far as they are counted, and for how long the oldest does. */
  async backlog(countedMax: number): Promise<{ pending: number; oldestSeconds: number }> {
    const [row] = await this.database.query<{ pending: number; oldestSeconds: number }>(
      `SELECT count(*)::int AS pending,
              COALESCE(GREATEST(0, extract(epoch FROM now() - min(created_at))), 0)::float8 AS "oldestSeconds"
         FROM (SELECT created_at FROM outbox WHERE done_at IS NULL ORDER BY id LIMIT $1) waiting`,
      [countedMax],
    );
    return row ?? { pending: 0, oldestSeconds: 0 };
  }

  /** In one transaction; for each row, whether it was not done before. */
  async markDone(ids: readonly string[]): Promise<boolean[]> {
    const rows = await this.database.query<{ id: string }>(
      // In one order, so that two workers that were handed the same rows wait for each other instead of failing.
      `UPDATE outbox SET done_at = now()
        WHERE id IN (SELECT id FROM outbox WHERE id = ANY($1::bigint[]) AND done_at IS NULL ORDER BY id FOR UPDATE)
        RETURNING id::text`,
      [ids],
    );
    const done = new Set(rows.map(({ id }) => id));
    return ids.map((id) => done.has(id));
  }

  /** The oldest rows, so many at most, where they are done before that time. How many went. */
  async deleteDoneBefore(before: Date, limit: number): Promise<number> {
    const rows = await this.database.query(
      // `created_at` has an index, `done_at` has none.
      `DELETE FROM outbox WHERE id IN (
         SELECT id FROM outbox WHERE created_at < $1 AND done_at < $1 ORDER BY created_at LIMIT $2) RETURNING 1`,
      [before, limit],
    );
    return rows.length;
  }
}
