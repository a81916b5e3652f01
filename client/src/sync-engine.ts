import type {
  ChangesEvent,
  EventName,
  Message,
  MessagePage,
  ReadyEvent,
  ServerEvents,
  SocketLimits,
  SyncAnswer,
  SyncInput,
} from '@parley/protocol';
import { HOLE_PATIENCE_MS } from '@parley/protocol/names';
import { PAGE_LIMIT_MAX, SYNC_CONVERSATIONS_MAX } from '@parley/protocol/limits';
import type { Account } from './account.js';
import type { ConversationList } from './conversation-list.js';
import { backoffMs, sleep } from './delays.js';
import { State, type Observable } from './observable.js';
import { ParleyError } from './parley-error.js';
import type { People } from './people.js';
import { Timeline, type TimelineSource } from './timeline.js';

/** Windows kept live after nobody looks at them any more: going back to a conversation shows it at once. */
const WINDOWS_KEPT = 30;

export interface SyncHooks {
  sync: (input: SyncInput) => Promise<SyncAnswer>;
  /** A message was applied, from wherever it came. */
  seen: (messages: readonly Message[]) => void;
  timelineMade: (timeline: Timeline) => void;
}

/** Keeps summaries and windows equal to the server's: the contract's section 6. */
export class SyncEngine implements TimelineSource {
  private readonly timelines = new Map<string, Timeline>();
  private readonly complete = new State(false);
  private readonly socketLimits = new State<SocketLimits | null>(null);
  private epoch: string | null = null;
  private cursor: string | null = null;
  /** Counts connections and epochs: what an earlier one began goes no further. */
  private generation = 0;
  /** Events that arrive while a sync is under way; `null` while none is. */
  private heldEvents: (() => void)[] | null = null;
  private readonly repairing = new Set<string>();
  private readonly refreshing = new Set<string>();

  constructor(
    private readonly account: Account,
    private readonly list: ConversationList,
    private readonly people: People,
    private readonly hooks: SyncHooks,
  ) {}

  get synced(): Observable<boolean> {
    return this.complete;
  }
  get limits(): Observable<SocketLimits | null> {
    return this.socketLimits;
  }

  timeline(id: string): Timeline {
    let timeline = this.timelines.get(id);
    if (!timeline) {
      timeline = new Timeline(id, this);
      this.timelines.set(id, timeline);
      this.hooks.timelineMade(timeline);
    }
    return timeline;
  }

  /** Another person, or nobody: nothing of this one is kept. */
  clear(): void {
    this.generation += 1;
    this.epoch = null;
    this.cursor = null;
    this.heldEvents = null;
    this.complete.set(false);
    this.list.clear();
    for (const timeline of this.timelines.values()) timeline.reset();
    this.timelines.clear();
  }

  lost(): void {
    this.generation += 1;
    this.heldEvents = null;
    this.complete.set(false);
  }

  ready(ready: ReadyEvent): void {
    this.generation += 1;
    this.socketLimits.set(ready.limits);
    this.adoptEpoch(ready.epoch);
    void this.runSync();
  }

  event<E extends EventName>(name: E, payload: ServerEvents[E]): void {
    // A union of pairs, which the compiler can not follow from a generic name to its payload by itself.
    const event = { name, payload } as { [K in EventName]: { name: K; payload: ServerEvents[K] } }[EventName];
    switch (event.name) {
      case 'changes':
        this.inOrder(() => {
          this.applyChanges(event.payload);
          this.hooks.seen(event.payload.messages);
        });
        break;
      case 'conversation':
        this.inOrder(() => {
          this.people.learn(event.payload.conversation.participants);
          this.list.upsert(event.payload.conversation);
        });
        break;
      case 'conversation:removed':
        this.inOrder(() => {
          const { conversationId, rev } = event.payload;
          if (this.list.remove(conversationId, rev)) this.timelines.get(conversationId)?.reset();
        });
        break;
      case 'heads':
        this.inOrder(() => {
          for (const [id, rev] of Object.entries(event.payload.heads)) {
            this.list.applyHead(id, rev);
            if ((this.timelines.get(id)?.rev ?? Infinity) < rev) void this.repair(id, rev);
          }
          if (event.payload.cursor !== undefined) void this.runSync();
        });
        break;
      case 'receipts': {
        const { conversationId, receipts } = event.payload;
        this.timelines.get(conversationId)?.applyReceipts(receipts);
        const own = receipts.find(({ userId }) => userId === this.account.me?.id);
        if (own) this.list.applyOwnReceipt(conversationId, own);
        break;
      }
      case 'typing': {
        const { conversationId, userIds } = event.payload;
        const lifetime = 2 * (this.socketLimits.getSnapshot()?.typingIntervalMs ?? 0);
        this.timelines.get(conversationId)?.applyTyping(
          userIds.filter((id) => id !== this.account.me?.id),
          lifetime,
        );
        break;
      }
      case 'presence':
        this.people.learnPresence(event.payload.items);
        break;
      case 'user':
        this.people.learn([event.payload.user]);
        break;
      case 'resync':
        void sleep(Math.random() * event.payload.spreadMs).then(() => this.runSync());
        break;
      default:
        break;
    }
  }

  async page(conversationId: string, before: number | undefined): Promise<MessagePage> {
    const page = await this.account.call('GET /conversations/:id/messages', {
      params: { id: conversationId },
      query: before === undefined ? {} : { before },
    });
    // After the page is shown: an entry of the queue goes when its message stands there.
    setTimeout(() => {
      this.hooks.seen(page.items);
    }, 0);
    return page;
  }

  async changesSince(
    conversationId: string,
    since: number,
  ): Promise<{ items: Message[]; lastRev: number } | null> {
    const { generation } = this;
    const items: Message[] = [];
    for (let position = since; ;) {
      const answer = await this.account.call('GET /conversations/:id/changes', {
        params: { id: conversationId },
        query: { since: position, limit: PAGE_LIMIT_MAX },
      });
      if (generation !== this.generation) return null;
      if (this.epoch !== null && answer.epoch !== this.epoch) {
        this.adoptEpoch(answer.epoch);
        void this.runSync();
        return null;
      }
      if (answer.reset) return null;
      items.push(...answer.items);
      position = answer.lastRev;
      if (!answer.hasMore) return { items, lastRev: answer.lastRev };
    }
  }

  async refresh(id: string): Promise<void> {
    const conversation = await this.account.call('GET /conversations/:id', { params: { id } });
    this.people.learn(conversation.participants);
    this.list.upsert(conversation);
  }

  /** Another history of the database: nothing held is worth anything. The outbox is: its ids settle what became of it. */
  private adoptEpoch(epoch: string): void {
    if (this.epoch !== null && this.epoch !== epoch) {
      this.cursor = null;
      this.list.clear();
      for (const timeline of this.timelines.values()) timeline.reset();
    }
    this.epoch = epoch;
  }

  private inOrder(work: () => void): void {
    if (this.heldEvents) this.heldEvents.push(work);
    else work();
  }

  private async runSync(): Promise<void> {
    if (this.heldEvents) return;
    const { generation } = this;
    this.heldEvents = [];
    this.forgetOldWindows();
    for (let attempt = 0; generation === this.generation; attempt += 1) {
      try {
        await this.syncPages(generation);
        break;
      } catch (error) {
        const wait = error instanceof ParleyError ? error.retryAfterMs : undefined;
        await sleep(Math.max(wait ?? 0, backoffMs(attempt)));
      }
    }
    if (generation !== this.generation) return;
    const held = this.heldEvents;
    this.heldEvents = null;
    for (const work of held) work();
    this.complete.set(true);
  }

  private async syncPages(generation: number): Promise<void> {
    let more = true;
    let held = this.heldRevs();
    while (more) {
      const answer = await this.hooks.sync({
        ...(this.epoch === null ? {} : { epoch: this.epoch }),
        ...(this.cursor === null ? {} : { cursor: this.cursor }),
        conversations: held,
      });
      if (generation !== this.generation) return;
      if (this.epoch !== null && answer.epoch !== this.epoch) {
        this.adoptEpoch(answer.epoch);
        held = {};
        continue;
      }
      this.epoch = answer.epoch;
      this.applySync(answer);
      this.cursor = answer.cursor;
      more = answer.hasMore;
      // The windows were answered with the first page; the rest is about the list.
      held = {};
    }
  }

  private applySync(answer: SyncAnswer): void {
    this.list.applySync(answer);
    this.people.learn(answer.conversations.flatMap(({ participants }) => participants));
    for (const id of answer.removed) this.timelines.get(id)?.reset();
    for (const [id, changes] of Object.entries(answer.changes)) {
      const timeline = this.timelines.get(id);
      if (!timeline) continue;
      if (changes.reset) timeline.reset();
      else if (changes.hasMore) void this.repair(id, Infinity);
      else {
        timeline.applyCatchUp(changes.messages, changes.lastRev);
        this.hooks.seen(changes.messages);
      }
    }
  }

  private applyChanges(event: ChangesEvent): void {
    const { conversationId } = event;
    const myId = this.account.me?.id ?? '';
    if (!this.list.applyChanges(event, myId)) {
      this.refreshSoon(conversationId, 0);
      return;
    }
    // Who is a member, and how many there are, is the server's to say.
    if (event.messages.some(({ system }) => system !== null && system.type !== 'created')) {
      this.refreshSoon(conversationId, this.socketLimits.getSnapshot()?.repairSpreadMs ?? 0);
    }
    const timeline = this.timelines.get(conversationId);
    if (!timeline) return;
    timeline.applyChanges(event);
    if (timeline.hasHole) void this.repair(conversationId, event.toRev);
  }

  private refreshSoon(id: string, spreadMs: number): void {
    if (this.refreshing.has(id)) return;
    this.refreshing.add(id);
    void sleep(HOLE_PATIENCE_MS + Math.random() * spreadMs)
      .then(() => {
        this.refreshing.delete(id);
        return this.refresh(id);
      })
      // Not found: not a member any more. Anything else: the next sync brings it.
      .catch(() => undefined);
  }

  /** One at a time a conversation, after a pause in which late frames close most holes, until it is answered. */
  private async repair(id: string, toRev: number): Promise<void> {
    if (this.repairing.has(id)) return;
    this.repairing.add(id);
    const { generation } = this;
    try {
      const spread = this.socketLimits.getSnapshot()?.repairSpreadMs ?? 0;
      if (toRev !== Infinity) await sleep(HOLE_PATIENCE_MS + Math.random() * spread);
      for (let attempt = 0; generation === this.generation; attempt += 1) {
        const timeline = this.timelines.get(id);
        const since = timeline?.rev ?? null;
        if (!timeline || since === null || (!timeline.hasHole && since >= toRev)) return;
        try {
          const caughtUp = await this.changesSince(id, since);
          if (generation !== this.generation) return;
          if (caughtUp === null) {
            timeline.reset();
            return;
          }
          timeline.applyCatchUp(caughtUp.items, caughtUp.lastRev);
          this.hooks.seen(caughtUp.items);
          if (!timeline.hasHole) return;
        } catch (error) {
          if (error instanceof ParleyError && !error.retryable) return;
          const wait = error instanceof ParleyError ? error.retryAfterMs : undefined;
          await sleep(Math.max(wait ?? 0, backoffMs(attempt)));
        }
      }
    } finally {
      this.repairing.delete(id);
    }
  }

  private heldRevs(): Record<string, number> {
    const revs = [...this.timelines.values()].flatMap(({ conversationId, rev }) =>
      rev === null ? [] : [[conversationId, rev] as const],
    );
    return Object.fromEntries(revs.slice(-SYNC_CONVERSATIONS_MAX));
  }

  private forgetOldWindows(): void {
    const idle = [...this.timelines.values()].filter(({ rev, viewed }) => rev !== null && !viewed);
    for (const timeline of idle.slice(0, -WINDOWS_KEPT)) timeline.reset();
  }
}
