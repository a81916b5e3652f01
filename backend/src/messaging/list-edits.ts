import type { MessageEditPage, PageQuery } from '@parley/protocol';
import { PAGE_LIMIT_DEFAULT } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { NUMBER, decodeCursor, encodeCursor } from '../conversations/cursor.js';
import { forbidden, notFound } from '../infra/errors/parley-error.js';
import { HistoryStore } from './history.store.js';

/** What a message said before it was edited: for whoever moderates the conversation. Deleting erases it. */
@Injectable()
export class ListEdits {
  constructor(private readonly store: HistoryStore) {}

  async execute(readerId: string, messageId: string, query: PageQuery): Promise<MessageEditPage> {
    const limit = query.limit ?? PAGE_LIMIT_DEFAULT;
    const [before] = query.cursor ? decodeCursor('edits', query.cursor, [NUMBER]) : [];
    const found = await this.store.edits(readerId, messageId, before ?? null, limit + 1);
    if (!found) throw notFound();
    if (found.role === 'member') throw forbidden('Only admins of the conversation see earlier versions.');
    const items = found.edits.slice(0, limit);
    const last = found.edits.length > limit ? items.at(-1) : undefined;
    return { items, nextCursor: last ? encodeCursor('edits', String(last.replacedByRev)) : null };
  }
}
