import type { ErrorObject, Message, SentMessage } from '@parley/protocol';
import { newClientId } from './client-id.js';
import { State, type Observable } from './observable.js';
import type { OutboxEntry, OutboxStorage } from './outbox-storage.js';
import { OutboxTabs, type TabWord } from './outbox-tabs.js';
import { ParleyError, needsSignIn, noAnswer } from './parley-error.js';
import { SendPacing, type Pause } from './send-pacing.js';

export interface OutboxSnapshot {
  /** In the order in which they were queued. */
  readonly entries: readonly OutboxEntry[];
  /** Nothing is sent before; milliseconds since 1970. */
  readonly pausedUntil: number | null;
  readonly pauseReason: ErrorObject | null;
}

export interface OutboxHooks {
  /** Rejects with a `ParleyError`; any other error counts as no answer. */
  send: (entry: OutboxEntry) => Promise<SentMessage>;
  /** Whether the conversation shows its messages up to `rev`; `null` where it shows none. */
  shownRev: (conversationId: string) => number | null;
}

/** One user's time with the queue: what an earlier one began goes no further. */
interface Turn {
  readonly userId: string;
  tabs: OutboxTabs | null;
  leads: boolean;
  /** The storage is being read; `changed` is what changed here meanwhile, so that the reading may be older. */
  reading: { readonly changed: Set<string>; readonly done: Promise<void> } | null;
}

const EMPTY: OutboxSnapshot = { entries: [], pausedUntil: null, pauseReason: null };

/**
 * The durable queue of one user. One send at a time a conversation, the next after the answer, and every repetition
 * with the id of the first try: rule 5 of the contract's section 6. Of several tabs one sends, the others look on.
 */
export class Outbox {
  private readonly state = new State<OutboxSnapshot>(EMPTY);
  private turn: Turn | null = null;
  private online = false;
  private pacing = new SendPacing();
  private readonly busy = new Set<string>();
  /** On the way to the storage: not sent yet. */
  private readonly storing = new Set<string>();
  /** What the storage refused (full, or forbidden in a private window): kept here, which is better than not sending. */
  private readonly memoryOnly = new Set<string>();
  /** Acknowledged and not shown yet: the rev at which each will be. */
  private readonly sentRevs = new Map<string, number>();
  private wake: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly storage: OutboxStorage,
    private readonly hooks: OutboxHooks,
    private readonly sharedByTabs: boolean,
  ) {}

  get snapshot(): Observable<OutboxSnapshot> {
    return this.state;
  }

  entriesOf(conversationId: string): OutboxEntry[] {
    return this.entries.filter((entry) => entry.conversationId === conversationId);
  }

  /** Takes up the queue of a user. Entries of another one stay where they are. */
  async start(userId: string): Promise<void> {
    if (this.turn?.userId === userId) return;
    this.stop();
    const turn: Turn = { userId, tabs: null, leads: false, reading: null };
    this.turn = turn;
    await this.reload();
    if (this.turn !== turn) return;
    turn.tabs = new OutboxTabs(userId, this.sharedByTabs, {
      lead: () => {
        void this.reload().then(() => {
          turn.leads = true;
          this.pump();
        });
      },
      heard: (word) => {
        this.heard(word);
      },
      isWaiting: () => this.entries.some(({ state }) => state === 'pending'),
    });
  }

  stop(): void {
    this.turn?.tabs?.stop();
    this.turn = null;
    clearTimeout(this.wake);
    this.pacing = new SendPacing();
    this.storing.clear();
    this.memoryOnly.clear();
    this.sentRevs.clear();
    this.state.set(EMPTY);
  }

  connected(online: boolean): void {
    this.online = online;
    if (!online) return;
    this.pacing.reconnected();
    this.pump();
  }

  add(
    conversationId: string,
    text: string,
    options: { replyToId?: string; threadRootId?: string },
  ): OutboxEntry {
    const entry: OutboxEntry = {
      clientMessageId: newClientId(),
      conversationId,
      text,
      replyToId: options.replyToId ?? null,
      threadRootId: options.threadRootId ?? null,
      createdAt: new Date().toISOString(),
      // Above all that waits, whatever the clock does; by the clock among tabs, which can not see each other type.
      order: Math.max(Date.now(), (this.entries.at(-1)?.order ?? 0) + 1),
      state: 'pending',
      error: null,
    };
    this.replace([...this.entries, entry]);
    // Sent only when it is safe: a message that a crash could forget was never queued.
    void this.keep(entry);
    return entry;
  }

  /** Once more, with the same id: where the first try arrived after all, nothing is doubled. */
  retry(clientMessageId: string): void {
    const entry = this.find(clientMessageId);
    if (entry?.state === 'failed') void this.keep({ ...entry, state: 'pending', error: null });
  }

  discard(clientMessageId: string): void {
    const entry = this.find(clientMessageId);
    if (entry?.state === 'failed') void this.drop(entry);
  }

  /** A message of this user was seen in its conversation: whatever became of the answer, it is there. */
  settle(message: Message): void {
    const entry = message.clientMessageId === null ? undefined : this.find(message.clientMessageId);
    if (entry?.conversationId === message.conversationId) void this.drop(entry);
  }

  /** A conversation shows its messages up to `rev`; `null`: none, so that there is nothing to bridge. */
  shown(conversationId: string, rev: number | null): void {
    const isThere = (entry: OutboxEntry): boolean =>
      entry.conversationId === conversationId &&
      entry.state === 'sent' &&
      (this.sentRevs.get(entry.clientMessageId) ?? 0) <= (rev ?? Infinity);
    if (!this.entries.some(isThere)) return;
    for (const { clientMessageId } of this.entries.filter(isThere)) this.sentRevs.delete(clientMessageId);
    this.replace(this.entries.filter((entry) => !isThere(entry)));
  }

  private get entries(): readonly OutboxEntry[] {
    return this.state.getSnapshot().entries;
  }

  private heard(word: TabWord): void {
    if (word.kind === 'paused') {
      this.showPause(word.pause);
      return;
    }
    void this.reload().then(() => {
      this.pump();
    });
  }

  private pump(): void {
    const { turn } = this;
    if (!turn || !this.online) return;
    const now = Date.now();
    const pause = this.pacing.pauseAt(now);
    if (turn.leads) this.showPause(pause);
    if (pause) {
      this.wakeAt(pause.until);
      return;
    }
    const seen = new Set<string>();
    for (const entry of this.entries) {
      if (entry.state !== 'pending' || seen.has(entry.conversationId)) continue;
      seen.add(entry.conversationId);
      // What could not be stored no other tab can see, so each tab sends its own of that.
      if (!turn.leads && !this.memoryOnly.has(entry.clientMessageId)) continue;
      if (this.busy.has(entry.conversationId) || this.storing.has(entry.clientMessageId)) continue;
      const notBefore = this.pacing.notBeforeOf(entry.conversationId);
      if (notBefore > now) this.wakeAt(notBefore);
      else void this.trySend(entry, turn);
    }
  }

  private async trySend(entry: OutboxEntry, turn: Turn): Promise<void> {
    const { conversationId } = entry;
    this.busy.add(conversationId);
    // Not stored: after a crash it is a pending one again, and the id settles what became of it.
    this.show({ ...entry, state: 'sending' });
    try {
      const { message } = await this.hooks.send(entry);
      // Left in the storage by a failure, it is sent again one day, and answered as a repeat.
      await this.storage.remove(turn.userId, entry.clientMessageId).catch(() => undefined);
      if (this.turn === turn) this.acknowledged(entry, message);
    } catch (thrown) {
      if (this.turn === turn) await this.failed(entry, errorOf(thrown));
    } finally {
      this.busy.delete(conversationId);
      this.pump();
    }
  }

  private acknowledged(entry: OutboxEntry, { rev }: Message): void {
    this.pacing.succeeded(entry.conversationId);
    this.turn?.reading?.changed.add(entry.clientMessageId);
    this.memoryOnly.delete(entry.clientMessageId);
    const shownRev = this.hooks.shownRev(entry.conversationId);
    const current = this.find(entry.clientMessageId);
    if (current && shownRev !== null && shownRev < rev) {
      this.sentRevs.set(entry.clientMessageId, rev);
      this.show({ ...current, state: 'sent' });
    } else {
      this.replace(this.entries.filter(({ clientMessageId }) => clientMessageId !== entry.clientMessageId));
    }
    this.turn?.tabs?.tell({ kind: 'changed' });
  }

  private async failed(entry: OutboxEntry, error: ErrorObject): Promise<void> {
    // It was seen in its conversation meanwhile: the answer alone got lost.
    if (!this.find(entry.clientMessageId)) return;
    if (!error.retryable && !needsSignIn(error.code)) {
      await this.keep({ ...entry, state: 'failed', error });
      return;
    }
    this.show({ ...entry, state: 'pending' });
    if (needsSignIn(error.code)) {
      // The queue waits for the same person; the connection that follows signing in starts it again.
      this.online = false;
      return;
    }
    const now = Date.now();
    this.pacing.failed(entry.conversationId, error, now);
    const pause = this.pacing.pauseAt(now);
    if (pause) this.turn?.tabs?.tell({ kind: 'paused', pause });
  }

  private wakeAt(time: number): void {
    clearTimeout(this.wake);
    this.wake = setTimeout(
      () => {
        this.pump();
      },
      Math.max(0, time - Date.now()),
    );
  }

  private showPause(pause: Pause | null): void {
    const snapshot = this.state.getSnapshot();
    const pausedUntil = pause?.until ?? null;
    if (snapshot.pausedUntil !== pausedUntil)
      this.state.set({ ...snapshot, pausedUntil, pauseReason: pause?.reason ?? null });
    // A tab that only looks on takes it away by itself.
    if (pause && !this.turn?.leads) {
      clearTimeout(this.wake);
      this.wake = setTimeout(
        () => {
          this.showPause(null);
        },
        Math.max(0, pause.until - Date.now()),
      );
    }
  }

  private find(clientMessageId: string): OutboxEntry | undefined {
    return this.entries.find((entry) => entry.clientMessageId === clientMessageId);
  }

  private replace(entries: readonly OutboxEntry[]): void {
    this.state.set({ ...this.state.getSnapshot(), entries });
  }

  private show(entry: OutboxEntry): void {
    this.replace(this.entries.map((each) => (each.clientMessageId === entry.clientMessageId ? entry : each)));
  }

  /** Shows it, stores it, and goes on. */
  private async keep(entry: OutboxEntry): Promise<void> {
    const { turn } = this;
    if (!turn) return;
    this.show(entry);
    this.storing.add(entry.clientMessageId);
    try {
      await this.storage.put(turn.userId, entry);
      this.memoryOnly.delete(entry.clientMessageId);
    } catch {
      if (this.turn === turn) this.memoryOnly.add(entry.clientMessageId);
    }
    if (this.turn !== turn) return;
    this.storing.delete(entry.clientMessageId);
    this.turn?.reading?.changed.add(entry.clientMessageId);
    turn.tabs?.tell({ kind: 'changed' });
    this.pump();
  }

  private async drop(entry: OutboxEntry): Promise<void> {
    const { turn } = this;
    if (!turn) return;
    this.turn?.reading?.changed.add(entry.clientMessageId);
    this.sentRevs.delete(entry.clientMessageId);
    this.memoryOnly.delete(entry.clientMessageId);
    this.replace(this.entries.filter((each) => each.clientMessageId !== entry.clientMessageId));
    await this.storage.remove(turn.userId, entry.clientMessageId).catch(() => undefined);
    turn.tabs?.tell({ kind: 'changed' });
  }

  /** Reads what other tabs, or an earlier start, have left in the storage. One reading after the other. */
  private async reload(): Promise<void> {
    const { turn } = this;
    if (!turn) return;
    await turn.reading?.done;
    // Whoever waited for the same reading to end shares the next.
    if (this.turn !== turn || turn.reading) return turn.reading?.done;
    const changed = new Set<string>();
    const done = this.storage
      .load(turn.userId)
      .catch(() => null)
      .then((stored) => {
        turn.reading = null;
        if (this.turn === turn && stored !== null) this.adopt(stored, changed);
      });
    turn.reading = { changed, done };
    await done;
  }

  /** What is stored is the truth, except where something here is newer than the reading, or under way. */
  private adopt(stored: readonly OutboxEntry[], changed: ReadonlySet<string>): void {
    const isNewerHere = (id: string): boolean =>
      changed.has(id) || this.storing.has(id) || this.memoryOnly.has(id);
    const here = this.entries.filter(
      ({ clientMessageId, state }) => isNewerHere(clientMessageId) || state === 'sent',
    );
    const sending = new Map(
      this.entries.flatMap((entry) =>
        entry.state === 'sending' && !isNewerHere(entry.clientMessageId)
          ? [[entry.clientMessageId, entry] as const]
          : [],
      ),
    );
    const kept = new Set(here.map(({ clientMessageId }) => clientMessageId));
    const read = stored
      .filter(({ clientMessageId }) => !isNewerHere(clientMessageId) && !kept.has(clientMessageId))
      .map(
        (entry) =>
          sending.get(entry.clientMessageId) ??
          ({ ...entry, state: entry.state === 'failed' ? 'failed' : 'pending' } as const),
      );
    this.replace([...here, ...read].sort(byOrder));
  }
}

function byOrder(a: OutboxEntry, b: OutboxEntry): number {
  return a.order - b.order || (a.clientMessageId < b.clientMessageId ? -1 : 1);
}

function errorOf(thrown: unknown): ErrorObject {
  return (thrown instanceof ParleyError ? thrown : noAnswer('The message could not be sent.')).object;
}
