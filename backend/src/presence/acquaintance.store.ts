import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database/database.js';

/** Somebody who is told of somebody else. */
export interface Pair {
  readonly watcherId: string;
  readonly watchedId: string;
}

const SHARE_A_CONVERSATION = `EXISTS (
          SELECT 1 FROM members mine
            JOIN members theirs ON theirs.conversation_id = mine.conversation_id
            JOIN conversations c ON c.id = mine.conversation_id
           WHERE mine.user_id = pair.watcher AND mine.left_at IS NULL AND c.deleted_at IS NULL
             AND theirs.user_id = pair.watched AND theirs.left_at IS NULL)`;

@Injectable()
export class AcquaintanceStore {
  constructor(private readonly database: Database) {}

  /** Those of the people who share a conversation with the person now, or are the person. */
  async amongPeople(userId: string, otherIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT pair.watched AS id FROM unnest($2::uuid[]) AS other(id), LATERAL (SELECT $1::uuid, other.id) AS pair(watcher, watched)
        WHERE pair.watched = pair.watcher OR ${SHARE_A_CONVERSATION}`,
      [userId, otherIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Whose membership of anything ended after the time. */
  async leftSince(since: Date): Promise<Set<string>> {
    const rows = await this.database.query<{ userId: string }>(
      'SELECT DISTINCT user_id AS "userId" FROM members WHERE left_at > $1',
      [since],
    );
    return new Set(rows.map(({ userId }) => userId));
  }

  /** Those of the pairs that share no conversation now. */
  strangers(pairs: readonly Pair[]): Promise<Pair[]> {
    return this.database.query<{ watcherId: string; watchedId: string }>(
      `SELECT pair.watcher AS "watcherId", pair.watched AS "watchedId"
         FROM unnest($1::uuid[], $2::uuid[]) AS pair(watcher, watched)
        WHERE pair.watched <> pair.watcher AND NOT ${SHARE_A_CONVERSATION}`,
      [pairs.map(({ watcherId }) => watcherId), pairs.map(({ watchedId }) => watchedId)],
    );
  }
}
