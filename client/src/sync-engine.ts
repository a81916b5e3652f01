import type {
  ChangesEvent,
  Conversation,
  ConversationRemovedEvent,
  EventName,
  HeadsEvent,
  Message,
  MessagePage,
  ReadyEvent,
  ReceiptsEvent,
  RouteAnswer,
  RouteName,
  ServerEvents,
  SocketLimits,
  SyncAnswer,
  SyncInput,
  TypingEvent,
} from '@parley/protocol';
import { PAGE_LIMIT_MAX, SYNC_CONVERSATIONS_MAX } from '@parley/protocol/limits';
import { ConversationList } from './conversation-list.js';
import { backoffMs, sleep } from './delays.js';
import { State, type Observable } from './observable.js';
import type { OutboxEntry } from './outbox-storage.js';
import { ParleyError } from './parley-error.js';
import type { People } from './people.js';
import { Refreshes } from './refreshes.js';
import { Repairs } from './repairs.js';
import type { CallArguments } from './rest.js';
import { Timeline, type TimelineSource } from './timeline.js';
import type { CatchUp } from './window.js';

/** Windows kept live after nobody looks at them any more: going back to a conversation shows it at once. */
const WINDOWS_KEPT = 30;

export interface SyncHooks {
  readonly myId: () => string;
  call: <N extends RouteName>(name: N, ...args: CallArguments<N>) => Promise<RouteAnswer<N>>;
  sync: (input: SyncInput) => Promise<SyncAnswer>;
  /** Messages arrived, from wherever they came. */
  seen: (messages: readonly Message[]) => void;
  /** The database was restored: positions that were held belong to messages that may be others now. */
  restored: () => void;
  queuedIn: (conversationId: string) => readonly OutboxEntry[];
  /** A window shows all changes up to `rev`; `null`: it shows nothing. */
  shown: (conversationId: string, rev: number | null) => void;
}

/** Keeps summaries and windows equal to the server's: the contract's section 6. */
export class SyncEngine implements TimelineSource {
  readonly list: ConversationList;
  private readonly timelines = new Map<string, Timeline>();
  private readonly complete = new State(false);
  private readonly socketLimits = new State<SocketLimits | null>(null);
  private readonly repairs: Repairs;
  private readonly refreshes: Refreshes;
  private epoch: string | null = null;
  private cursor: string | null = null;
  /** One for each connection: what an earlier one began goes no further. `null` while there is none. */
  private connection: AbortController | null = null;
  /** Events that arrive while a sync is under way; `null` while none is. */
  private heldEvents: (() => void)[] | null = null;
  private isSyncWanted = false;
  /** The cursor stands in the middle of an answer of several pages. */
  private isMidway = false;
  /** Held before a sync from nothing began, and not told by it so far. `null` while none is under way. */
  private untold: Set<string> | null = null;

  constructor(
    private readonly people: People,
    private readonly hooks: SyncHooks,
  ) {
    const spreadMs = () => this.socketLimits.getSnapshot()?.repairSpreadMs ?? 0;
    this.list = new ConversationList({
      myId: hooks.myId,
      messagesOf: (id) => this.timelines.get(id)?.getSnapshot().messages ?? [],
      doubtful: (id) => {
        this.refreshes.soon(id, spreadMs());
      },
    });
    this.repairs = new Repairs((id, since) => this.changesSince(id, since), spreadMs);
    this.refreshes = new Refreshes((id) => this.refresh(id));
  }

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
      timeline.showQueued(this.hooks.queuedIn(id));
    }
    return timeline;
  }

  /** `null` where no messages of it are loaded. */
  shownRev(id: string): number | null {
    return this.timelines.get(id)?.rev ?? null;
  }

  /** The queue changed. */
  showQueued(): void {
    for (const [id, timeline] of this.timelines) timeline.showQueued(this.hooks.queuedIn(id));
  }

  /** Another person, or nobody: nothing of this one is kept. */
  clear(): void {
    this.lost();
    this.epoch = null;
    this.forgetCursor();
    this.list.clear();
    for (const [id, timeline] of this.timelines) {
      timeline.forgetReceipts();
      timeline.forget();
      if (!timeline.viewed) this.timelines.delete(id);
    }
  }

  // ---- The connection

  ready(ready: ReadyEvent): void {
    this.lost();
    this.connection = new AbortController();
    this.socketLimits.set(ready.limits);
    this.adoptEpoch(ready.epoch);
    void this.runSync();
  }

  lost(): void {
    this.connection?.abort();
    this.connection = null;
    this.heldEvents = null;
    this.isSyncWanted = false;
    this.repairs.stop();
    this.refreshes.stop();
    this.complete.set(false);
  }

  event<E extends EventName>(name: E, payload: ServerEvents[E]): void {
    // A union of pairs, which the compiler can not follow from a generic name to its payload by itself.
    const event = { name, payload } as { [K in EventName]: { name: K; payload: ServerEvents[K] } }[EventName];
    switch (event.name) {
      case 'changes':
        return this.inOrder(() => {
          this.applyChanges(event.payload);
        });
      case 'conversation':
        return this.inOrder(() => {
          const { id } = event.payload.conversation;
          this.upsert(event.payload.conversation);
          // Somebody who looks at it while they are added again was told that it is not there.
          if (this.list.get(id)) this.timelines.get(id)?.wake();
        });
      case 'conversation:removed':
        return this.inOrder(() => {
          this.applyRemoved(event.payload);
        });
      case 'heads':
        return this.inOrder(() => {
          this.applyHeads(event.payload);
        });
      case 'receipts':
        return this.inOrder(() => {
          this.applyReceipts(event.payload);
        });
      case 'typing':
        return this.applyTyping(event.payload);
      case 'presence':
        return this.people.learnPresence(event.payload.items);
      case 'user':
        return this.people.learn([event.payload.user]);
      case 'resync':
        return this.syncWithin(event.payload.spreadMs);
      default:
        // A later server may tell more; `ready`, `draining` and `session:ended` are the connection's own.
        return;
    }
  }

  // ---- What timelines ask for

  readonly myId = (): string => this.hooks.myId();

  async page(conversationId: string, before: number | undefined): Promise<MessagePage> {
    const page = await this.hooks.call('GET /conversations/:id/messages', {
      params: { id: conversationId },
      query: before === undefined ? {} : { before },
    });
    this.seenSoon(page.items);
    return page;
  }

  async changesSince(conversationId: string, since: number): Promise<CatchUp | null> {
    const items: Message[] = [];
    for (let position = since; ;) {
      const answer = await this.hooks.call('GET /conversations/:id/changes', {
        params: { id: conversationId },
        query: { since: position, limit: PAGE_LIMIT_MAX },
      });
      if (this.epoch !== null && answer.epoch !== this.epoch) {
        this.adoptEpoch(answer.epoch);
        void this.runSync();
        return null;
      }
      if (answer.reset) return null;
      items.push(...answer.items);
      position = answer.lastRev;
      if (!answer.hasMore) {
        this.seenSoon(items);
        this.list.applyChanges({ conversationId, fromRev: since, toRev: position, messages: items });
        return { since, items, lastRev: position };
      }
    }
  }

  moved(timeline: Timeline): void {
    this.hooks.shown(timeline.conversationId, timeline.rev);
    this.checkHead(timeline.conversationId);
  }

  viewed(timeline: Timeline): void {
    if (timeline.viewed && this.timelines.get(timeline.conversationId) === timeline) {
      // Moved to the end: the least lately seen is the first to be forgotten.
      this.timelines.delete(timeline.conversationId);
      this.timelines.set(timeline.conversationId, timeline);
    }
    const idle = [...this.timelines.values()].filter(({ rev, viewed }) => rev !== null && !viewed);
    for (const old of idle.slice(0, Math.max(0, idle.length - WINDOWS_KEPT))) old.reset();
  }

  async refresh(id: string): Promise<void> {
    await this.fetch(id);
    // Overtaken by a removal, or by a sync that has not come to it yet: a later answer tells which.
    if (!this.list.get(id)) await this.fetch(id);
  }

  private async fetch(id: string): Promise<void> {
    const askedAt = this.list.ask();
    const conversation = await this.hooks.call('GET /conversations/:id', { params: { id } });
    this.upsert(conversation, askedAt);
  }

  /** The server's word about a conversation; `askedAt` where it was asked for, see the list. */
  upsert(conversation: Conversation, askedAt?: number): void {
    this.people.learn(conversation.participants);
    this.list.upsert(conversation, askedAt);
    this.checkHead(conversation.id);
  }

  /** After they are shown: an entry of the queue goes when its message stands there, not before. */
  private seenSoon(messages: readonly Message[]): void {
    setTimeout(() => {
      this.hooks.seen(messages);
    }, 0);
  }

  // ---- Events

  private inOrder(work: () => void): void {
    if (this.heldEvents) this.heldEvents.push(work);
    else work();
  }

  private applyChanges(event: ChangesEvent): void {
    const { conversationId, messages } = event;
    if (!this.list.applyChanges(event)) this.refreshes.soon(conversationId, 0);
    else if (messages.some(({ system }) => isAboutMembers(system))) this.refreshMembers(conversationId);
    const timeline = this.timelines.get(conversationId);
    if (timeline) {
      timeline.applyChanges(event);
      this.repairs.soon(timeline);
    }
    this.hooks.seen(messages);
  }

  private applyRemoved({ conversationId, rev }: ConversationRemovedEvent): void {
    if (this.list.remove(conversationId, rev)) this.timelines.get(conversationId)?.reset();
  }

  private applyHeads({ heads, cursor }: HeadsEvent): void {
    let isCountLost = false;
    for (const [id, rev] of Object.entries(heads)) {
      isCountLost ||= (this.list.knownRev(id) ?? Infinity) < rev;
      this.list.applyHead(id, rev);
      this.checkHead(id);
    }
    if (cursor !== undefined) void this.runSync();
    // Messages are fetched for windows only; how many are unread elsewhere is told by one sync for all of them.
    else if (isCountLost) this.syncWithin(this.socketLimits.getSnapshot()?.repairSpreadMs ?? 0);
  }

  private applyReceipts({ conversationId, receipts }: ReceiptsEvent): void {
    this.timelines.get(conversationId)?.applyReceipts(receipts);
    const own = receipts.find(({ userId }) => userId === this.hooks.myId());
    if (own) this.list.applyOwnReceipt(conversationId, own);
  }

  private applyTyping({ conversationId, userIds }: TypingEvent): void {
    const lifetimeMs = 2 * (this.socketLimits.getSnapshot()?.typingIntervalMs ?? 0);
    const others = userIds.filter((id) => id !== this.hooks.myId());
    this.timelines.get(conversationId)?.applyTyping(others, lifetimeMs);
  }

  /** A window below the head that its summary knows of has missed something. */
  private checkHead(id: string): void {
    const timeline = this.timelines.get(id);
    const lastRev = this.list.get(id)?.lastRev;
    if (!timeline || lastRev === undefined) return;
    timeline.noteHead(lastRev);
    this.repairs.soon(timeline);
  }

  /** Who is a member, and how many there are, is the server's to say. */
  private refreshMembers(id: string): void {
    const limits = this.socketLimits.getSnapshot();
    const isLarge = (this.list.get(id)?.memberCount ?? 0) > (limits?.receiptsMaxMembers ?? 0);
    // A crowd that comes and goes would ask without end for a number that nobody looks at.
    if (isLarge && !this.timelines.get(id)?.viewed) return;
    this.refreshes.soon(id, isLarge ? CROWD_SPREAD_MS : (limits?.repairSpreadMs ?? 0));
  }

  // ---- Sync

  /** Another history of the database: nothing held is worth anything. The outbox is: its ids settle what became of it. */
  private adoptEpoch(epoch: string): void {
    const isOther = this.epoch !== null && this.epoch !== epoch;
    this.epoch = epoch;
    if (!isOther) return;
    this.forgetCursor();
    this.list.clear();
    this.hooks.restored();
    for (const timeline of this.timelines.values()) {
      timeline.forgetReceipts();
      timeline.reset();
    }
  }

  private forgetCursor(): void {
    this.cursor = null;
    this.isMidway = false;
    this.untold = null;
  }

  private syncWithin(spreadMs: number): void {
    const signal = this.connection?.signal;
    void sleep(Math.random() * spreadMs, signal).then(() => {
      if (signal && !signal.aborted) void this.runSync();
    });
  }

  private async runSync(): Promise<void> {
    const signal = this.connection?.signal;
    if (!signal) return;
    this.isSyncWanted = true;
    if (this.heldEvents) return;
    this.heldEvents = [];
    for (let attempt = 0; this.isSyncWanted && !signal.aborted; attempt += 1) {
      this.isSyncWanted = false;
      try {
        await this.syncPages(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.isSyncWanted = true;
        // A cursor that the server does not take: from nothing, then.
        if (error instanceof ParleyError && !error.retryable) this.forgetCursor();
        const wait = error instanceof ParleyError ? (error.retryAfterMs ?? 0) : 0;
        await sleep(Math.max(wait, backoffMs(attempt)), signal);
      }
    }
    if (signal.aborted) return;
    const held = this.heldEvents;
    this.heldEvents = null;
    for (const work of held) work();
    this.complete.set(true);
    for (const timeline of this.timelines.values()) timeline.wake();
  }

  private async syncPages(signal: AbortSignal): Promise<void> {
    // The pages that are left tell what was so when the first was read: what came since needs another round.
    this.isSyncWanted ||= this.isMidway;
    let conversations = this.heldRevs();
    for (let hasMore = true; hasMore;) {
      const asked = conversations;
      const askedAt = this.list.ask();
      // A window too, whose first page may have been read while this person was a member, and be on its way.
      if (this.cursor === null) this.untold = new Set([...this.list.ids(), ...this.timelines.keys()]);
      const answer = await this.hooks.sync({
        ...(this.epoch === null ? {} : { epoch: this.epoch }),
        ...(this.cursor === null ? {} : { cursor: this.cursor }),
        conversations: asked,
      });
      if (signal.aborted) return;
      // The windows are answered with the first page; the rest is about the list.
      conversations = {};
      if (this.epoch !== null && answer.epoch !== this.epoch) {
        this.adoptEpoch(answer.epoch);
        continue;
      }
      this.epoch = answer.epoch;
      this.applySync(answer, asked, askedAt);
      this.cursor = answer.cursor;
      hasMore = answer.hasMore;
      this.isMidway = hasMore;
    }
    this.dropUntold();
  }

  /** A sync from nothing tells all conversations, and none that went before it: they are those it does not tell. */
  private dropUntold(): void {
    const gone = this.untold ?? [];
    this.untold = null;
    this.list.drop(gone);
    for (const id of gone) this.timelines.get(id)?.reset();
  }

  private applySync(answer: SyncAnswer, asked: Readonly<Record<string, number>>, askedAt: number): void {
    this.list.applySync(answer, askedAt);
    for (const { id } of answer.conversations) this.untold?.delete(id);
    this.people.learn(answer.conversations.flatMap(({ participants }) => participants));
    for (const id of answer.removed) this.timelines.get(id)?.reset();
    for (const [id, { messages, lastRev, hasMore, reset }] of Object.entries(answer.changes)) {
      const timeline = this.timelines.get(id);
      const since = asked[id];
      if (!timeline || since === undefined) continue;
      if (reset) timeline.reset();
      else if (hasMore) this.repairs.now(timeline);
      else {
        timeline.applyCatchUp({ since, items: messages, lastRev });
        this.hooks.seen(messages);
      }
    }
    for (const { id } of answer.conversations) this.checkHead(id);
  }

  private heldRevs(): Record<string, number> {
    const revs = [...this.timelines.values()].flatMap(({ conversationId, rev }) =>
      rev === null ? [] : [[conversationId, rev] as const],
    );
    return Object.fromEntries(revs.slice(-SYNC_CONVERSATIONS_MAX));
  }
}

/** In a large conversation the number of members may be late by this much: its members must not all ask at once. */
const CROWD_SPREAD_MS = 30_000;

function isAboutMembers(system: Message['system']): boolean {
  return (
    system?.type === 'members-added' ||
    system?.type === 'members-removed' ||
    system?.type === 'joined' ||
    system?.type === 'left'
  );
}
