import { Injectable } from '@nestjs/common';
import { Metrics } from '../infra/metrics/metrics.js';
import { RedisCache } from '../infra/redis/redis-cache.js';
import { VERSION } from '../infra/version.js';
import type { ConversationHead, SeqRange, SharedPage } from './history.store.js';
import { HistoryStore } from './history.store.js';
import { ReadHeat } from './read-heat.js';

/** Only what is read all the time stays longer than this, and that is stored anew: it bounds what Redis holds. */
const KEPT_SECONDS = 10;
/** A page of long texts is read from PostgreSQL: parsing it costs as much. */
const CHARACTERS_MAX = 256 * 1_024;

type Outcome = 'hit' | 'miss' | 'shared' | 'refill' | 'error';

/**
 * The newest page of a conversation, from Redis while many read it.
 *
 * PostgreSQL decides with every read who is a member and which rev is the newest; Redis only holds what everyone sees
 * at a rev. A page is stored under the rev that was read with it in one snapshot, so a refill that comes late is stored
 * under its own, older rev, where nobody looks any more.
 */
@Injectable()
export class NewestPages {
  private readonly heat = new ReadHeat();
  /** Pages that are being fetched on this instance, by key. */
  private readonly flights = new Map<string, Promise<SharedPage | null>>();

  constructor(
    private readonly store: HistoryStore,
    private readonly cache: RedisCache,
    private readonly metrics: Metrics,
  ) {}

  /** `null` for those who are not members. */
  async read(readerId: string, conversationId: string, limit: number): Promise<SeqRange | null> {
    if (!this.heat.begins(conversationId)) return this.readAlone(readerId, conversationId, limit);
    const head = await this.store.head(readerId, conversationId);
    if (!head) return null;
    if (!this.heat.isHotAt(conversationId, head.lastRev)) {
      return this.readAlone(readerId, conversationId, limit);
    }
    const page = await this.share(head, conversationId, limit);
    // A page newer than the head is for those who were members at its time too: for all of them, unless somebody's
    // membership ended in between.
    if (!page || page.membersRev > head.lastRev) return this.readAlone(readerId, conversationId, limit);
    const { messages, lastSeq, lastRev } = page;
    return { messages, lastSeq, lastRev, from: lastSeq - limit + 1, to: lastSeq };
  }

  private async readAlone(readerId: string, conversationId: string, limit: number): Promise<SeqRange | null> {
    const newest = { before: null, after: null, around: null };
    const page = await this.store.range(readerId, conversationId, newest, limit);
    if (page) this.heat.sees(conversationId, page.lastRev);
    return page;
  }

  /** Single flight: who asks for the page at a rev that is being fetched waits for it. */
  private share(head: ConversationHead, conversationId: string, limit: number): Promise<SharedPage | null> {
    // The rev was read before the flight began, so what comes of it is at that rev or a later one.
    const key = keyOf(head.epoch, conversationId, head.lastRev, limit);
    const flying = this.flights.get(key);
    if (flying) {
      this.count('shared');
      return flying;
    }
    const flight = this.fetch(key, head, conversationId, limit).finally(() => this.flights.delete(key));
    this.flights.set(key, flight);
    return flight;
  }

  private async fetch(
    key: string,
    head: ConversationHead,
    conversationId: string,
    limit: number,
  ): Promise<SharedPage | null> {
    const held = await this.held(key);
    if (held) {
      this.count('hit');
      return held;
    }
    this.count('miss');
    const page = await this.store.newest(conversationId, limit);
    // The epoch was read before the page: with another database behind it, nobody looks for that name.
    if (page) this.keep(keyOf(head.epoch, conversationId, page.lastRev, limit), page);
    return page;
  }

  private async held(key: string): Promise<SharedPage | null> {
    try {
      const text = await this.cache.run('pages', (client) => client.get(key));
      return text === null ? null : (JSON.parse(text) as SharedPage);
    } catch {
      this.count('error');
      return null;
    }
  }

  /** Nobody waits for it. */
  private keep(key: string, page: SharedPage): void {
    const text = JSON.stringify(page);
    if (text.length > CHARACTERS_MAX) return;
    this.cache
      .run('pages', (client) => client.set(key, text, 'EX', KEPT_SECONDS))
      .then(
        () => this.count('refill'),
        () => this.count('error'),
      );
  }

  private count(outcome: Outcome): void {
    this.metrics.cacheUses.inc({ cache: 'newest_page', outcome });
  }
}

/** The version: instances of two versions may show a message in different shapes. */
function keyOf(epoch: string, conversationId: string, rev: number, limit: number): string {
  return `${epoch}:page:${VERSION}:${conversationId}:${String(rev)}:${String(limit)}`;
}
