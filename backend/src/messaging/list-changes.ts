import type { ChangePage, ChangesQuery, SyncedChanges } from '@parley/protocol';
import { PAGE_LIMIT_DEFAULT } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { MessageStore } from '../conversations/message.store.js';
import { Database } from '../infra/database/database.js';
import { notFound } from '../infra/errors/parley-error.js';
import { HistoryStore } from './history.store.js';

/**
 * Further behind than this a client reloads the newest page instead of catching up: 5,000 revs are 50 requests of
 * 100, some seconds on a phone, for messages that nobody scrolls through at once.
 */
export const REVS_BEHIND_MAX = 5_000;

/** What changed after a rev: the present state of every message touched, in the order of the touches. */
@Injectable()
export class ListChanges {
  constructor(
    private readonly store: HistoryStore,
    private readonly messages: MessageStore,
    private readonly database: Database,
  ) {}

  async execute(
    readerId: string,
    conversationId: string,
    { since, limit }: ChangesQuery,
  ): Promise<ChangePage> {
    // The epoch is read first: with another database behind the pages, the older name makes the client start anew.
    const epoch = await this.database.epoch();
    const changes = await this.since(readerId, conversationId, since, limit ?? PAGE_LIMIT_DEFAULT);
    if (!changes) throw notFound();
    const { messages: items, ...rest } = changes;
    return { epoch, items, ...rest };
  }

  /** `null` for those who are not members. */
  async since(
    readerId: string,
    conversationId: string,
    since: number,
    limit: number,
  ): Promise<SyncedChanges | null> {
    const page = await this.store.changedSince(readerId, conversationId, since, limit + 1);
    if (!page) return null;
    if (since > page.lastRev || page.lastRev - since > REVS_BEHIND_MAX) {
      return { messages: [], lastRev: page.lastRev, hasMore: false, reset: true };
    }
    const hasMore = page.messages.length > limit;
    const messages = await this.messages.forReader(readerId, page.messages.slice(0, limit));
    const lastShown = messages.at(-1)?.rev ?? since;
    return { messages, lastRev: hasMore ? lastShown : page.lastRev, hasMore, reset: false };
  }
}
