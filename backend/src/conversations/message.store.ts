import type { Message } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database/database.js';
import type { MessageRow } from './message.view.js';
import { toMessage } from './message.view.js';

/** Reads messages for people who were found to be members. */
@Injectable()
export class MessageStore {
  constructor(private readonly database: Database) {}

  /** In their present state, rev ascending. */
  async read(messageIds: readonly string[]): Promise<Message[]> {
    if (messageIds.length === 0) return [];
    const rows = await this.database.query<MessageRow>(
      'SELECT * FROM message_rows WHERE id = ANY($1::uuid[]) ORDER BY rev',
      [messageIds],
    );
    return rows.map(toMessage);
  }

  /** By conversation: the message at a seq. */
  async readAt(places: readonly { conversationId: string; seq: number }[]): Promise<Map<string, Message>> {
    const rows = await this.database.query<MessageRow>(
      `SELECT r.* FROM unnest($1::uuid[], $2::int[]) AS place(conversation_id, seq)
         JOIN message_rows r ON r.conversation_id = place.conversation_id AND r.seq = place.seq`,
      [places.map((place) => place.conversationId), places.map((place) => place.seq)],
    );
    return new Map(rows.map((row) => [row.conversation_id, toMessage(row)]));
  }

  /** The messages as one reader sees them: their own reactions are marked `mine`. */
  async forReader(readerId: string, messages: readonly Message[]): Promise<Message[]> {
    const withMany = messages.filter((message) =>
      message.reactions.some(({ count, userIds }) => count > userIds.length),
    );
    // Only the first people are named with a reaction; whether the reader is among the others is asked.
    const unnamed = withMany.length === 0 ? new Set<string>() : await this.reactionsOf(readerId, withMany);
    return messages.map((message) => ({
      ...message,
      reactions: message.reactions.map((reaction) =>
        reaction.userIds.includes(readerId) || unnamed.has(`${message.id} ${reaction.emoji}`)
          ? { ...reaction, mine: true }
          : reaction,
      ),
    }));
  }

  private async reactionsOf(readerId: string, messages: readonly Message[]): Promise<Set<string>> {
    const rows = await this.database.query<{ key: string }>(
      `SELECT message_id || ' ' || emoji AS key FROM reactions WHERE user_id = $1 AND message_id = ANY($2::uuid[])`,
      [readerId, messages.map((message) => message.id)],
    );
    return new Set(rows.map((row) => row.key));
  }
}
