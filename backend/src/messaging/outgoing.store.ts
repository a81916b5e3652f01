import type { Message } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { MessageStore } from '../conversations/message.store.js';
import type { MessageRow } from '../conversations/message.view.js';
import { toMessage } from '../conversations/message.view.js';
import { Database } from '../infra/database/database.js';
import { LogPool } from '../infra/database/log-pool.js';
import type { OutgoingMessage, WriteOutcome } from './outgoing-message.js';

/** A row of `send_messages`; see the migration for the meaning of each. */
interface SentRow {
  readonly ord: number | null;
  readonly status: string;
  readonly id: string;
  readonly seq: number;
  readonly rev: number;
  readonly root_rev: number | null;
  readonly created_at: Date;
  readonly mentions: string[] | null;
  readonly members_rev: number;
  readonly unmarked: boolean;
  readonly message: MessageRow | null;
}

const SEND = `SELECT ord, status, id, seq, rev, root_rev, created_at, mentions, members_rev, unmarked, message
  FROM send_messages($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::uuid[], $7::uuid[],
                     $8::text[], $9::boolean[], $10::text[], $11::text[])`;

/** Writes messages into the log. */
@Injectable()
export class OutgoingStore {
  constructor(
    private readonly log: LogPool,
    private readonly database: Database,
    private readonly messages: MessageStore,
  ) {}

  /** One transaction in one round trip; outcomes in the order of the messages. Repeating it is harmless. */
  async send(outgoing: readonly OutgoingMessage[]): Promise<WriteOutcome[]> {
    const rows = await this.log.call<SentRow>('send_messages', SEND, [
      outgoing.map((message) => message.conversationId),
      outgoing.map((message) => message.senderId),
      outgoing.map((message) => message.clientMessageId),
      outgoing.map((message) => message.id),
      outgoing.map((message) => message.text),
      outgoing.map((message) => message.replyToId),
      outgoing.map((message) => message.threadRootId),
      outgoing.map(mentionNames),
      outgoing.map((message) => message.mentioned.everyone),
      outgoing.map((message) => (message.attachmentIds.length > 0 ? message.attachmentIds.join(',') : null)),
      outgoing.map((message) => message.requestId),
    ]);
    const messages = await this.messagesOf(outgoing, rows);
    const byOrd = new Map(rows.map((row) => [row.ord, row]));
    return outgoing.map((message, index) => toOutcome(message, byOrd.get(index + 1), messages));
  }

  /** The message that a client id made, where the caller is a member; `null` otherwise. */
  async findKnown(
    senderId: string,
    conversationId: string,
    clientMessageId: string,
  ): Promise<Message | null> {
    const [row] = await this.database.query<MessageRow>(
      `SELECT r.* FROM message_rows r
         JOIN members m ON m.user_id = $1 AND m.conversation_id = r.conversation_id AND m.left_at IS NULL
        WHERE r.client_message_id = $3 AND r.sender_id = $1 AND r.conversation_id = $2`,
      [senderId, conversationId, clientMessageId],
    );
    return row ? toMessage(row) : null;
  }

  /** By id: what the answer holds, and, read now, what it only names (a repeat inside one group, attachments). */
  private async messagesOf(
    outgoing: readonly OutgoingMessage[],
    rows: readonly SentRow[],
  ): Promise<Map<string, Message>> {
    const named = rows.filter(
      (row) =>
        (row.status === 'duplicate' && !row.message) ||
        (row.status === 'created' && row.ord !== null && outgoing[row.ord - 1]?.alone === true),
    );
    const messages = await this.messages.read(named.map((row) => row.id));
    for (const row of rows) if (row.message) messages.push(toMessage(row.message));
    return new Map(messages.map((message) => [message.id, message]));
  }
}

function toOutcome(
  outgoing: OutgoingMessage,
  row: SentRow | undefined,
  messages: ReadonlyMap<string, Message>,
): WriteOutcome {
  switch (row?.status) {
    case 'created':
      return {
        status: 'created',
        message: messages.get(row.id) ?? createdMessage(outgoing, row),
        toRev: row.root_rev ?? row.rev,
        threadRoot: (outgoing.threadRootId !== null && messages.get(outgoing.threadRootId)) || null,
        membersRev: row.members_rev,
        unmarked: row.unmarked,
      };
    case 'duplicate': {
      const message = messages.get(row.id);
      if (!message) throw new Error('A known message is not there');
      return { status: 'duplicate', message, membersRev: row.members_rev };
    }
    case 'not_member':
    case 'reply_not_found':
    case 'root_not_found':
    case 'attachment_not_found':
      return { status: row.status };
    default:
      throw new Error(`send_messages answered ${row?.status ?? 'nothing'} for a message`);
  }
}

function mentionNames({ mentioned }: OutgoingMessage): string | null {
  return mentioned.names.length === 0 ? null : mentioned.names.join(',');
}

/** As it was just written: nothing can have happened to it yet that its readers would not be told of. */
function createdMessage(outgoing: OutgoingMessage, row: SentRow): Message {
  return {
    id: row.id,
    conversationId: outgoing.conversationId,
    seq: row.seq,
    rev: row.rev,
    kind: 'text',
    senderId: outgoing.senderId,
    clientMessageId: outgoing.clientMessageId,
    text: outgoing.text,
    replyToId: outgoing.replyToId,
    threadRootId: outgoing.threadRootId,
    threadReplies: 0,
    mentions: row.mentions ?? [],
    mentionsAll: outgoing.mentioned.everyone,
    attachments: [],
    reactions: [],
    system: null,
    pinnedAt: null,
    editedAt: null,
    deletedAt: null,
    createdAt: row.created_at.toISOString(),
  };
}
