import { ID, NUMBER, TEXT, decodeCursor, encodeCursor } from '../conversations/cursor.js';

/** Where a client stands in the list of what moved for its user. */
export interface SyncPosition {
  /** What was written at or after this transaction is still to be told; `null`: everything. */
  readonly since: string | null;
  /** While pages of one sync are read: the `since` of the next sync, and the last conversation told. */
  readonly paging: { readonly next: string; readonly afterId: string } | null;
}

export const FROM_NOTHING: SyncPosition = { since: null, paging: null };

const OPTIONAL_NUMBER = (part: string): boolean => part === '' || NUMBER(part);
const OPTIONAL_ID = (part: string): boolean => part === '' || ID(part);

/** The epoch stands in the cursor: transaction ids of another history of the database mean nothing here. */
export function encodeSyncCursor(epoch: string, { since, paging }: SyncPosition): string {
  return encodeCursor('sync', epoch, since ?? '', paging?.next ?? '', paging?.afterId ?? '');
}

/** `null` for a cursor of another epoch: whatever the client holds is of another history too. */
export function decodeSyncCursor(epoch: string, cursor: string): SyncPosition | null {
  const rules = [TEXT, OPTIONAL_NUMBER, OPTIONAL_NUMBER, OPTIONAL_ID];
  const [ofEpoch, since = '', next = '', afterId = ''] = decodeCursor('sync', cursor, rules);
  if (ofEpoch !== epoch) return null;
  return {
    since: since === '' ? null : since,
    paging: next !== '' && afterId !== '' ? { next, afterId } : null,
  };
}
