import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database/database.js';
import { clampedPosition } from './clamped-position.js';

export interface PointerPosition {
  readonly readSeq: number | null;
  readonly deliveredSeq: number | null;
}

export interface MovedPointers {
  readonly readSeq: number;
  readonly deliveredSeq: number;
  readonly unread: number;
  /** Whether this call moved anything. */
  readonly changed: boolean;
  /** Whether it took the mark "unread" away. */
  readonly unmarked: boolean;
  readonly memberCount: number;
}

@Injectable()
export class PointerStore {
  constructor(private readonly database: Database) {}

  /** Forward only, and never past the head. `null` for those who are not members. */
  async move(userId: string, conversationId: string, to: PointerPosition): Promise<MovedPointers | null> {
    const [row] = await this.database.query<MovedPointers>(
      `SELECT p.read_seq AS "readSeq", p.delivered_seq AS "deliveredSeq", p.unread, p.changed, p.unmarked,
              c.member_count AS "memberCount"
         FROM move_pointers($1, $2, $3, $4) p, conversations c WHERE c.id = $1`,
      [conversationId, userId, clampedPosition(to.readSeq), clampedPosition(to.deliveredSeq)],
    );
    return row ?? null;
  }
}
