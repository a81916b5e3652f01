import type { Message } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import type { MessageRow } from '../conversations/message.view.js';
import { toMessage } from '../conversations/message.view.js';
import { Database } from '../infra/database/database.js';
import type { RevRange } from './delivered-revs.js';

export interface MovedHead extends RevRange {
  readonly conversationId: string;
}

/** Reads for the live position check: what all members may see, for no reader in particular. */
@Injectable()
export class HeadsStore {
  constructor(private readonly database: Database) {}

  /**
   * From the outbox, which is only ever appended to: which revs were written between the times. The row of a reply in
   * a thread names the second of the two revs that it took, so the range begins one lower.
   */
  moved(since: Date, until: Date): Promise<MovedHead[]> {
    return this.database.query<MovedHead>(
      `SELECT conversation_id AS "conversationId", greatest(min(rev) - 2, 0) AS "from", max(rev) AS "to"
         FROM outbox WHERE created_at > $1 AND created_at <= $2 GROUP BY conversation_id`,
      [since, until],
    );
  }

  async heads(conversationIds: readonly string[]): Promise<{ conversationId: string; rev: number }[]> {
    return this.database.query<{ conversationId: string; rev: number }>(
      'SELECT id AS "conversationId", last_rev AS rev FROM conversations WHERE id = ANY($1::uuid[])',
      [conversationIds],
    );
  }

  /** The rev of the last removal. */
  async membersRev(conversationId: string): Promise<number> {
    const [row] = await this.database.query<{ rev: number }>(
      'SELECT members_rev AS rev FROM conversations WHERE id = $1',
      [conversationId],
    );
    return row?.rev ?? 0;
  }

  /**
   * The present state of the messages that the range touched, rev ascending. Some were touched again since and stand
   * above it: the outbox, in which `since` is before the range was written, still names them. Without them a client
   * would show what follows a message before the message itself.
   */
  async changes(conversationId: string, { from, to }: RevRange, since: Date): Promise<Message[]> {
    const rows = await this.database.query<MessageRow>(
      'SELECT * FROM message_rows WHERE conversation_id = $1 AND rev > $2 AND rev <= $3 ORDER BY rev',
      [conversationId, from, to],
    );
    // As a rule each rev is that of a message still: the outbox, which is long, need not be asked.
    if (rows.length < to - from) rows.push(...(await this.touchedAgain(conversationId, { from, to }, since)));
    return rows.map(toMessage);
  }

  private touchedAgain(conversationId: string, { from, to }: RevRange, since: Date): Promise<MessageRow[]> {
    return this.database.query<MessageRow>(
      `SELECT * FROM message_rows
        WHERE conversation_id = $1 AND rev > $3 AND id IN (
          SELECT message_id FROM outbox
           WHERE created_at > $4 AND conversation_id = $1 AND rev > $2 AND rev <= $3)
        ORDER BY rev`,
      [conversationId, from, to, since],
    );
  }
}
