import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database/database.js';
import { clampedPosition } from './clamped-position.js';

export interface PointerPosition {
  readonly readSeq: number | null;
  readonly deliveredSeq: number | null;
}

/** Where a person's pointers in a conversation are to be, at least. */
export interface PointerMove {
  readonly userId: string;
  readonly conversationId: string;
  readonly to: PointerPosition;
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

/** `busy`: another transaction writes this member now, and nothing was done. */
export type MoveOutcome = MovedPointers | 'busy' | 'not_member';

/** A row of `advance_pointers`; see the migration for the meaning of each. */
interface AdvancedRow extends MovedPointers {
  readonly status: 'held' | 'busy' | 'not_member';
}

@Injectable()
export class PointerStore {
  constructor(private readonly database: Database) {}

  /** Forward only, and never past the head, all in one transaction. Outcomes in the order of the moves. */
  async advance(moves: readonly PointerMove[]): Promise<MoveOutcome[]> {
    const rows = await this.database.query<AdvancedRow>(
      `SELECT status, read_seq AS "readSeq", delivered_seq AS "deliveredSeq", unread, changed, unmarked,
              member_count AS "memberCount"
         FROM advance_pointers($1::uuid[], $2::uuid[], $3::int[], $4::int[]) ORDER BY ord`,
      [
        moves.map((move) => move.conversationId),
        moves.map((move) => move.userId),
        moves.map((move) => clampedPosition(move.to.readSeq)),
        moves.map((move) => clampedPosition(move.to.deliveredSeq)),
      ],
    );
    return rows.map(({ status, ...moved }) => (status === 'held' ? moved : status));
  }
}
