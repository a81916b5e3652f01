import type { ChangesEvent, ErrorObject, Message, MessagePage, Receipt } from '@parley/protocol';
import { backoffMs } from './delays.js';
import { State, type Observable } from './observable.js';
import type { OutboxEntry } from './outbox-storage.js';
import { ParleyError, noAnswer } from './parley-error.js';
import { TypingList } from './typing.js';
import {
  EMPTY_WINDOW,
  applyCatchUp,
  applyChanges,
  isBehind,
  missingForPage,
  noteHead,
  prependPage,
  startWindow,
  type CatchUp,
  type Window,
} from './window.js';

export interface TimelineSnapshot {
  readonly status: 'idle' | 'loading' | 'ready' | 'error';
  readonly error: ErrorObject | null;
  /** Seq ascending, without holes. */
  readonly messages: readonly Message[];
  readonly hasBefore: boolean;
  readonly loadingBefore: boolean;
  /** What this device has queued here and the log does not show yet, in order. */
  readonly pending: readonly OutboxEntry[];
  readonly receipts: ReadonlyMap<string, Receipt>;
  /** Ids of others. */
  readonly typing: readonly string[];
}

/** What a timeline asks of the engine. */
export interface TimelineSource {
  readonly myId: () => string;
  page: (conversationId: string, before: number | undefined) => Promise<MessagePage>;
  /** All changes after `since`, every page of them; `null` where the server says that it is too far: reload. */
  changesSince: (conversationId: string, since: number) => Promise<CatchUp | null>;
  /** The window started, moved its rev, or was forgotten. */
  moved: (timeline: Timeline) => void;
  /** Somebody began or ceased to look. */
  viewed: (timeline: Timeline) => void;
}

/** One conversation as it is shown: its window of the log, and what lives around it. */
export class Timeline implements Observable<TimelineSnapshot> {
  private readonly state = new State<TimelineSnapshot>({
    status: 'idle',
    error: null,
    messages: [],
    hasBefore: false,
    loadingBefore: false,
    pending: [],
    receipts: new Map(),
    typing: [],
  });
  private window: Window = EMPTY_WINDOW;
  /** Changes that arrive while the first page is on its way. */
  private arrived: ChangesEvent[] | null = null;
  /** Counts resets: an answer to a request of before one is void. */
  private generation = 0;
  /** Tries to load the first page that failed in a row. */
  private failures = 0;
  private viewers = 0;
  private queued: readonly OutboxEntry[] = [];
  private readonly typists = new TypingList((typing) => {
    this.patch({ typing });
  });

  constructor(
    readonly conversationId: string,
    private readonly source: TimelineSource,
  ) {}

  readonly getSnapshot = (): TimelineSnapshot => this.state.getSnapshot();
  readonly subscribe = (listener: () => void): (() => void) => this.state.subscribe(listener);

  /** The last change shown; `null` while nothing is loaded. */
  get rev(): number | null {
    return this.window.rev;
  }
  get viewed(): boolean {
    return this.viewers > 0;
  }
  /** Whether changes are known of that are not shown yet. */
  get isBehind(): boolean {
    return isBehind(this.window);
  }

  /** Loads the newest page where nothing is loaded. Call what it returns when nobody looks any more. */
  open(): () => void {
    this.viewers += 1;
    const { status } = this.getSnapshot();
    if (status === 'idle' || status === 'error') void this.load();
    this.source.viewed(this);
    let closed = false;
    return () => {
      if (closed) return;
      closed = true;
      this.viewers -= 1;
      this.source.viewed(this);
    };
  }

  retry(): void {
    if (this.getSnapshot().status === 'error') void this.load();
  }

  /** As `retry`, for what somebody looks at and nothing is loaded of. */
  wake(): void {
    const { status } = this.getSnapshot();
    if (this.viewed && (status === 'error' || status === 'idle')) void this.load();
  }

  /** Forgets the messages; whoever looks gets the newest page. Queued sends stay. */
  reset(): void {
    this.forget();
    this.wake();
  }

  /** Forgets the messages, and loads nothing before it is asked to. */
  forget(): void {
    this.generation += 1;
    this.failures = 0;
    this.window = EMPTY_WINDOW;
    this.arrived = null;
    this.show({ status: 'idle', error: null, loadingBefore: false });
    this.source.moved(this);
  }

  /** One page further back, when it is shown. Throws where it could not be had; `hasBefore` still holds then. */
  async loadBefore(): Promise<void> {
    const { messages, hasBefore, loadingBefore } = this.getSnapshot();
    const [first] = messages;
    if (!first || !hasBefore || loadingBefore) return;
    const { generation } = this;
    this.patch({ loadingBefore: true });
    try {
      const page = await this.source.page(this.conversationId, first.seq);
      const changes = await this.changesFor(page.lastRev, generation);
      if (changes && generation === this.generation) this.window = prependPage(this.window, page, changes);
    } catch (error) {
      // After a reset nobody waits for that page any more.
      if (generation === this.generation) throw error;
    } finally {
      if (generation === this.generation) this.show({ loadingBefore: false });
    }
  }

  applyChanges(event: ChangesEvent): void {
    for (const { senderId } of event.messages) this.typists.remove(senderId);
    if (this.arrived) this.arrived.push(event);
    else this.advance(applyChanges(this.window, event, this.source.myId()));
  }

  applyCatchUp(catchUp: CatchUp): void {
    this.advance(applyCatchUp(this.window, catchUp, this.source.myId()));
  }

  noteHead(rev: number): void {
    this.window = noteHead(this.window, rev);
  }

  applyReceipts(receipts: readonly Receipt[]): void {
    const merged = new Map(this.getSnapshot().receipts);
    for (const receipt of receipts) {
      const held = merged.get(receipt.userId);
      merged.set(receipt.userId, {
        userId: receipt.userId,
        readSeq: Math.max(held?.readSeq ?? 0, receipt.readSeq),
        deliveredSeq: Math.max(held?.deliveredSeq ?? 0, receipt.deliveredSeq),
      });
    }
    this.patch({ receipts: merged });
  }

  /** Who read how far, in another history or to another person, is nothing to go by. */
  forgetReceipts(): void {
    this.patch({ receipts: new Map() });
  }

  applyTyping(userIds: readonly string[], lifetimeMs: number): void {
    this.typists.replace(userIds, lifetimeMs);
  }

  showQueued(entries: readonly OutboxEntry[]): void {
    if (sameEntries(entries, this.queued)) return;
    this.queued = entries;
    this.show({});
  }

  private async load(): Promise<void> {
    const { generation } = this;
    this.arrived = [];
    this.show({ status: 'loading', error: null, loadingBefore: false });
    try {
      const page = await this.source.page(this.conversationId, undefined);
      if (generation !== this.generation) return;
      const { arrived } = this;
      this.arrived = null;
      this.window = startWindow(page, arrived, this.source.myId());
      this.failures = 0;
      this.show({ status: 'ready' });
      this.source.moved(this);
    } catch (thrown) {
      if (generation !== this.generation) return;
      this.arrived = null;
      const error = (thrown instanceof ParleyError ? thrown : noAnswer('The messages could not be loaded.'))
        .object;
      this.patch({ status: 'error', error });
      if (error.retryable) this.loadAgain(error.retryAfterMs ?? 0);
    }
  }

  /** Nobody need press a button for what time mends. */
  private loadAgain(atLeastMs: number): void {
    const { generation } = this;
    const wait = Math.max(atLeastMs, backoffMs(this.failures));
    this.failures += 1;
    setTimeout(() => {
      if (generation === this.generation) this.wake();
    }, wait);
  }

  /**
   * What changed between an older page and what is shown: a page without it might show a message as it was before
   * a delete. The window may move on meanwhile, hence the loop.
   */
  private async changesFor(pageRev: number, generation: number): Promise<Message[] | null> {
    const changes: Message[] = [];
    let knownTo = pageRev;
    while (generation === this.generation) {
      const since = missingForPage(this.window, knownTo);
      if (since === null) return changes;
      const more = await this.source.changesSince(this.conversationId, since);
      if (!more) return null;
      changes.push(...more.items);
      knownTo = more.lastRev;
    }
    return null;
  }

  private advance(next: Window): void {
    const before = this.window;
    this.window = next;
    if (next.rev === before.rev) return;
    this.show({});
    this.source.moved(this);
  }

  private show(change: Partial<TimelineSnapshot>): void {
    const { messages, hasBefore } = this.window;
    const myId = this.source.myId();
    const mine = new Set(
      messages.flatMap(({ senderId, clientMessageId }) => (senderId === myId ? [clientMessageId] : [])),
    );
    const pending = this.queued.filter(({ clientMessageId }) => !mine.has(clientMessageId));
    this.patch({ messages, hasBefore, pending, ...change });
  }

  private patch(change: Partial<TimelineSnapshot>): void {
    this.state.set({ ...this.getSnapshot(), ...change });
  }
}

function sameEntries(a: readonly OutboxEntry[], b: readonly OutboxEntry[]): boolean {
  return a.length === b.length && a.every((entry, index) => entry === b[index]);
}
