import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database/database.js';

@Injectable()
export class AcquaintanceStore {
  constructor(private readonly database: Database) {}

  /** Those of the people who share a conversation with the person now, or are the person. */
  async amongPeople(userId: string, otherIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT other.id FROM unnest($2::uuid[]) AS other(id)
        WHERE other.id = $1 OR EXISTS (
          SELECT 1 FROM members mine
            JOIN members theirs ON theirs.conversation_id = mine.conversation_id
            JOIN conversations c ON c.id = mine.conversation_id
           WHERE mine.user_id = $1 AND mine.left_at IS NULL AND c.deleted_at IS NULL
             AND theirs.user_id = other.id AND theirs.left_at IS NULL)`,
      [userId, otherIds],
    );
    return new Set(rows.map(({ id }) => id));
  }
}
