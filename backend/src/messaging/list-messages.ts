import type { HistoryQuery, MessagePage, PinsQuery, ThreadQuery } from '@parley/protocol';
import { PAGE_LIMIT_DEFAULT } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { MessageStore } from '../conversations/message.store.js';
import { invalidField, notFound } from '../infra/errors/parley-error.js';
import { HistoryStore } from './history.store.js';
import { NewestPages } from './newest-pages.js';

/** Pages of messages: the history, a thread, the pins. */
@Injectable()
export class ListMessages {
  constructor(
    private readonly store: HistoryStore,
    private readonly newest: NewestPages,
    private readonly messages: MessageStore,
  ) {}

  async history(readerId: string, conversationId: string, query: HistoryQuery): Promise<MessagePage> {
    const { before = null, after = null, around = null } = query;
    const given = [before, after, around].filter((position) => position !== null).length;
    if (given > 1) {
      throw invalidField('around', 'at most one of before, after and around can be given');
    }
    const limit = query.limit ?? PAGE_LIMIT_DEFAULT;
    const page =
      given === 0
        ? await this.newest.read(readerId, conversationId, limit)
        : await this.store.range(readerId, conversationId, { before, after, around }, limit);
    if (!page) throw notFound();
    return {
      items: await this.messages.forReader(readerId, page.messages),
      hasBefore: Math.min(page.from, page.lastSeq + 1) > 1,
      hasAfter: Math.max(page.to, 0) < page.lastSeq,
      lastRev: page.lastRev,
    };
  }

  async thread(readerId: string, rootId: string, query: ThreadQuery): Promise<MessagePage> {
    const limit = query.limit ?? PAGE_LIMIT_DEFAULT;
    const after = query.after ?? 0;
    const page = await this.store.replies(readerId, rootId, after, limit + 1);
    if (!page) throw notFound();
    return {
      items: await this.messages.forReader(readerId, page.messages.slice(0, limit)),
      // No reply stands before the first message of the log.
      hasBefore: after > 0,
      hasAfter: page.messages.length > limit,
      lastRev: page.lastRev,
    };
  }

  async pins(readerId: string, conversationId: string, query: PinsQuery): Promise<MessagePage> {
    const limit = query.limit ?? PAGE_LIMIT_DEFAULT;
    const before = query.before ?? null;
    const page = await this.store.pins(readerId, conversationId, before, limit + 1);
    if (!page) throw notFound();
    return {
      items: await this.messages.forReader(readerId, page.messages.slice(-limit)),
      hasBefore: page.messages.length > limit,
      hasAfter: before !== null && before <= page.lastSeq,
      lastRev: page.lastRev,
    };
  }
}
