import type { Message } from '@parley/protocol';
import { ParleyError, conflict, forbidden, invalidField, notFound } from '../infra/errors/parley-error.js';
import type { MessageRow } from './message.view.js';
import { toMessage } from './message.view.js';

/** What one write to a conversation's log did. */
export interface LogChange {
  readonly status: 'created' | 'existing' | 'changed' | 'unchanged';
  readonly conversationId: string;
  /** The conversation's rev before and after; equal where nothing changed. */
  readonly fromRev: number;
  readonly toRev: number;
  /** The rev of the last removal, this change's own included. */
  readonly membersRev: number;
  /** The messages that were touched, as everyone sees them; the one asked about where nothing changed. */
  readonly messages: Message[];
  /** People whose membership began or ended by this. */
  readonly userIds: string[];
}

/** The row that the functions of the log answer (`log_change` in the migrations). */
export interface LogChangeRow {
  readonly status: string;
  readonly conversation_id: string;
  readonly from_rev: number;
  readonly to_rev: number;
  readonly members_rev: number;
  readonly messages: readonly MessageRow[];
  readonly user_ids: string[] | null;
}

/** Texts for what was refused, where the general one would not help. */
export interface Refusals {
  readonly forbidden?: string;
  readonly conflict?: string;
  /** The field that names the people, of whom some are not there. */
  readonly peopleField?: string;
}

/** The change, or the error that its status stands for. */
export function toLogChange(row: LogChangeRow | undefined, refusals: Refusals = {}): LogChange {
  if (!row) throw new Error('A function of the log answered nothing');
  switch (row.status) {
    case 'created':
    case 'existing':
    case 'changed':
    case 'unchanged':
      return {
        status: row.status,
        conversationId: row.conversation_id,
        fromRev: row.from_rev,
        toRev: row.to_rev,
        membersRev: row.members_rev,
        messages: row.messages.map(toMessage),
        userIds: row.user_ids ?? [],
      };
    case 'not_found':
      throw notFound();
    case 'forbidden':
      throw forbidden(refusals.forbidden ?? 'Your role does not allow this.');
    case 'conflict':
      throw conflict(refusals.conflict ?? 'This can not be done in the present state.');
    case 'empty':
      throw invalidField('text', 'must not be empty without an attachment');
    case 'unknown_user':
      throw new ParleyError('NOT_FOUND', 'There is no such person.', {
        fields: [{ path: refusals.peopleField ?? 'userIds', message: 'names people who are not there' }],
      });
    default:
      throw new Error(`A function of the log answered the unknown status ${row.status}`);
  }
}
