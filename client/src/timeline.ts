import type { ChangesEvent, ErrorObject, Message, MessagePage, Receipt } from '@parley/protocol';
import { State, type Observable } from './observable.js';
import type { OutboxEntry } from './outbox-storage.js';
import { ParleyError, noAnswer } from './parley-error.js';
import { TypingList } from './typing.js';
import {
  EMPTY_WINDOW,
  applyCatchUp,
  applyChanges,
  hasHole,
  prependPage,
  startWindow,
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
  page: (conversationId: string, before: number | undefined) => Promise<MessagePage>;
  /** All changes after `since`, every page of them; `null` where the server says that it is too far: reload. */
  changesSince: (
    conversationId: string,
    since: number,
  ) => Promise<{ items: Message[]; lastRev: number } | null>;
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

  get rev(): number | null {
    return this.window.rev;
  }
  get viewed(): boolean {
    return this.viewers > 0;
  }
  get hasHole(): boolean {
    return hasHole(this.window);
  }

  /** Loads the newest page where nothing is loaded. Call what it returns when nobody looks any more. */
  open(): () => void {
    this.viewers += 1;
    const { status } = this.getSnapshot();
    if (status === 'idle' || status === 'error') void this.load();
    let closed = false;
    return () => {
      if (!closed) this.viewers -= 1;
      closed = true;
    };
  }

  retry(): void {
    if (this.getSnapshot().status === 'error') void this.load();
  }

  /** Forgets the messages; whoever looks gets the newest page. Queued sends stay. */
  reset(): void {
    this.generation += 1;
    this.window = EMPTY_WINDOW;
    this.arrived = null;
    if (this.viewed) void this.load();
    else this.patch({ status: 'idle', messages: [], hasBefore: false, loadingBefore: false });
  }

  async loadBefore(): Promise<void> {
    const { messages, hasBefore, loadingBefore } = this.getSnapshot();
    const [first] = messages;
    if (!first || !hasBefore || loadingBefore) return;
    const { generation } = this;
    this.patch({ loadingBefore: true });
    try {
      const page = await this.source.page(this.conversationId, first.seq);
      // The page may be older than the window: it is shown with what changed since, or not at all.
      const behind = page.lastRev < (this.window.rev ?? 0);
      const changes = behind ? await this.source.changesSince(this.conversationId, page.lastRev) : null;
      if (generation === this.generation && (!behind || changes)) {
        this.window = prependPage(this.window, page, changes?.items ?? []);
      }
    } catch {
      // The reader scrolls again, or presses again.
    } finally {
      if (generation === this.generation) {
        this.show({ loadingBefore: false });
      }
    }
  }

  applyChanges(event: ChangesEvent): void {
    if (this.arrived) {
      this.arrived.push(event);
      return;
    }
    this.window = applyChanges(this.window, event);
    for (const { senderId } of event.messages) this.typists.remove(senderId);
    this.show({});
  }

  applyCatchUp(messages: readonly Message[], toRev: number): void {
    this.window = applyCatchUp(this.window, messages, toRev);
    this.show({});
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
    this.patch({ status: 'loading', error: null });
    try {
      const page = await this.source.page(this.conversationId, undefined);
      if (generation !== this.generation) return;
      this.window = startWindow(page, this.arrived);
      this.arrived = null;
      this.show({ status: 'ready' });
    } catch (thrown) {
      if (generation !== this.generation) return;
      this.arrived = null;
      const error = (thrown instanceof ParleyError ? thrown : noAnswer('The messages could not be loaded.'))
        .object;
      this.patch({ status: 'error', error });
    }
  }

  private show(change: Partial<TimelineSnapshot>): void {
    const { messages, hasBefore } = this.window;
    const shown = new Set(messages.map(({ clientMessageId }) => clientMessageId));
    const pending = this.queued.filter(({ clientMessageId }) => !shown.has(clientMessageId));
    this.patch({ messages, hasBefore, pending, ...change });
  }

  private patch(change: Partial<TimelineSnapshot>): void {
    this.state.set({ ...this.getSnapshot(), ...change });
  }
}

function sameEntries(a: readonly OutboxEntry[], b: readonly OutboxEntry[]): boolean {
  return a.length === b.length && a.every((entry, index) => entry === b[index]);
}
