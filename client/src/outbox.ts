import type { ErrorObject, Message, SentMessage } from '@parley/protocol';
import { backoffMs } from './delays.js';
import { State, type Observable } from './observable.js';
import type { OutboxEntry, OutboxStorage } from './outbox-storage.js';
import { ParleyError, needsSignIn, noAnswer } from './parley-error.js';

export interface OutboxSnapshot {
  /** In the order in which they were queued. */
  readonly entries: readonly OutboxEntry[];
  /** Nothing is sent before; milliseconds since 1970. */
  readonly pausedUntil: number | null;
  readonly pauseReason: ErrorObject | null;
}

export type SendEntry = (entry: OutboxEntry) => Promise<SentMessage>;

const IDLE: OutboxSnapshot = { entries: [], pausedUntil: null, pauseReason: null };

/**
 * The durable queue of one user. One send at a time a conversation, the next after the answer, and every repetition
 * with the id of the first try: rule 5 of the contract's section 6. Of several tabs one sends, the others look on.
 */
export class Outbox {
  private readonly state = new State<OutboxSnapshot>(IDLE);
  private userId: string | null = null;
  private leads = false;
  private online = false;
  private readonly busy = new Set<string>();
  private readonly attempts = new Map<string, number>();
  private readonly notBefore = new Map<string, number>();
  /** On the way to the storage: not sent yet. */
  private readonly storing = new Set<string>();
  /** What the storage refused (full, or forbidden in a private window): kept here, which is better than not sending. */
  private readonly memoryOnly = new Set<string>();
  private wake: ReturnType<typeof setTimeout> | undefined;
  private channel: BroadcastChannel | null = null;
  private releaseLead: (() => void) | null = null;

  constructor(
    private readonly storage: OutboxStorage,
    private readonly send: SendEntry,
    private readonly sharedByTabs: boolean,
  ) {}

  get snapshot(): Observable<OutboxSnapshot> {
    return this.state;
  }

  /** Takes up the queue of a user. Entries of another one stay where they are. */
  async start(userId: string): Promise<void> {
    if (this.userId === userId) return;
    this.stop();
    this.userId = userId;
    await this.reload();
    if (this.sharedByTabs && typeof BroadcastChannel !== 'undefined') {
      this.channel = new BroadcastChannel(`parley-outbox-${userId}`);
      this.channel.onmessage = () =>
        void this.reload().then(() => {
          this.pump();
        });
    }
    this.lead(userId);
  }

  stop(): void {
    this.userId = null;
    this.leads = false;
    this.releaseLead?.();
    this.releaseLead = null;
    this.channel?.close();
    this.channel = null;
    clearTimeout(this.wake);
    this.attempts.clear();
    this.notBefore.clear();
    this.storing.clear();
    this.memoryOnly.clear();
    this.state.set(IDLE);
  }

  connected(online: boolean): void {
    this.online = online;
    if (!online) return;
    // A new connection is a new chance: only the server's own word to wait outlasts it.
    this.notBefore.clear();
    this.attempts.clear();
    this.pump();
  }

  add(
    conversationId: string,
    text: string,
    options: { replyToId?: string; threadRootId?: string },
  ): OutboxEntry {
    const { entries } = this.state.getSnapshot();
    const entry: OutboxEntry = {
      clientMessageId: crypto.randomUUID(),
      conversationId,
      text,
      replyToId: options.replyToId ?? null,
      threadRootId: options.threadRootId ?? null,
      createdAt: new Date().toISOString(),
      order: Math.max(Date.now(), (entries.at(-1)?.order ?? 0) + 1),
      state: 'pending',
      error: null,
    };
    this.replace([...entries, entry]);
    // Sent only when it is safe: a message that a crash could forget was never queued.
    void this.store(entry).then(() => {
      this.announce();
      this.pump();
    });
    return entry;
  }

  retry(clientMessageId: string): void {
    const entry = this.find(clientMessageId);
    if (entry?.state !== 'failed') return;
    void this.update({ ...entry, state: 'pending', error: null }).then(() => {
      this.announce();
      this.pump();
    });
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

  /** Drops what was acknowledged in a conversation that nobody looks at: there is nothing to bridge. */
  forgetSent(conversationId: string): void {
    const { entries } = this.state.getSnapshot();
    this.replace(
      entries.filter((entry) => entry.conversationId !== conversationId || entry.state !== 'sent'),
    );
  }

  private lead(userId: string): void {
    if (!this.sharedByTabs || typeof navigator === 'undefined' || !('locks' in navigator)) {
      this.leads = true;
      this.pump();
      return;
    }
    void navigator.locks.request(`parley-outbox-${userId}`, async () => {
      if (this.userId !== userId) return;
      // The tab that led before may have died in the middle of anything.
      await this.reload();
      this.leads = true;
      this.pump();
      await new Promise<void>((resolve) => {
        this.releaseLead = resolve;
      });
    });
  }

  private pump(): void {
    if (!this.leads || !this.online || this.userId === null) return;
    const now = Date.now();
    const snapshot = this.state.getSnapshot();
    if (snapshot.pausedUntil !== null) {
      if (snapshot.pausedUntil > now) {
        this.wakeAt(snapshot.pausedUntil);
        return;
      }
      this.state.set({ ...snapshot, pausedUntil: null, pauseReason: null });
    }
    const seen = new Set<string>();
    for (const entry of snapshot.entries) {
      if (entry.state !== 'pending' || seen.has(entry.conversationId)) continue;
      seen.add(entry.conversationId);
      if (this.busy.has(entry.conversationId) || this.storing.has(entry.clientMessageId)) continue;
      const notBefore = this.notBefore.get(entry.conversationId) ?? 0;
      if (notBefore > now) this.wakeAt(notBefore);
      else void this.trySend(entry, this.userId);
    }
  }

  private async trySend(entry: OutboxEntry, userId: string): Promise<void> {
    const { conversationId } = entry;
    this.busy.add(conversationId);
    // Not stored: after a crash it is a pending one again, and the id settles what became of it.
    this.show({ ...entry, state: 'sending' });
    try {
      await this.send(entry);
      this.attempts.delete(conversationId);
      if (this.userId !== userId) return;
      await this.storage.remove(userId, entry.clientMessageId);
      const current = this.find(entry.clientMessageId);
      if (current) this.show({ ...current, state: 'sent' });
      this.announce();
    } catch (thrown) {
      if (this.userId === userId) await this.failed(entry, errorOf(thrown));
    } finally {
      this.busy.delete(conversationId);
      this.pump();
    }
  }

  private async failed(entry: OutboxEntry, error: ErrorObject): Promise<void> {
    if (!this.find(entry.clientMessageId)) return;
    if (needsSignIn(error.code)) {
      // The queue waits for the same person; signing in starts it again.
      this.show({ ...entry, state: 'pending' });
      this.online = false;
      return;
    }
    if (!error.retryable) {
      await this.update({ ...entry, state: 'failed', error });
      this.announce();
      return;
    }
    this.show({ ...entry, state: 'pending' });
    const attempt = this.attempts.get(entry.conversationId) ?? 0;
    this.attempts.set(entry.conversationId, attempt + 1);
    const until = Date.now() + Math.max(error.retryAfterMs ?? 0, backoffMs(attempt));
    this.notBefore.set(entry.conversationId, until);
    // Both tell about the server or the person, not about one conversation.
    if (error.retryAfterMs !== undefined && (error.code === 'RATE_LIMITED' || error.code === 'UNAVAILABLE')) {
      this.state.set({ ...this.state.getSnapshot(), pausedUntil: until, pauseReason: error });
    }
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

  private find(clientMessageId: string): OutboxEntry | undefined {
    return this.state.getSnapshot().entries.find((entry) => entry.clientMessageId === clientMessageId);
  }

  private replace(entries: readonly OutboxEntry[]): void {
    this.state.set({ ...this.state.getSnapshot(), entries });
  }

  private show(entry: OutboxEntry): void {
    const { entries } = this.state.getSnapshot();
    this.replace(entries.map((each) => (each.clientMessageId === entry.clientMessageId ? entry : each)));
  }

  private async update(entry: OutboxEntry): Promise<void> {
    this.show(entry);
    await this.store(entry);
  }

  private async store(entry: OutboxEntry): Promise<void> {
    const { userId } = this;
    if (userId === null) return;
    this.storing.add(entry.clientMessageId);
    try {
      await this.storage.put(userId, entry);
      this.memoryOnly.delete(entry.clientMessageId);
    } catch {
      this.memoryOnly.add(entry.clientMessageId);
    } finally {
      this.storing.delete(entry.clientMessageId);
    }
  }

  private async drop(entry: OutboxEntry): Promise<void> {
    const { entries } = this.state.getSnapshot();
    this.replace(entries.filter((each) => each.clientMessageId !== entry.clientMessageId));
    if (this.userId !== null)
      await this.storage.remove(this.userId, entry.clientMessageId).catch(() => undefined);
    this.announce();
  }

  /** What is stored is the truth; what this tab is doing with it right now is kept. */
  private async reload(): Promise<void> {
    const { userId } = this;
    if (userId === null) return;
    const stored = await this.storage.load(userId).catch(() => []);
    if (this.userId !== userId) return;
    const here = this.state.getSnapshot().entries;
    const known = new Map(here.map((entry) => [entry.clientMessageId, entry]));
    const merged = stored.map((entry) => {
      const mine = known.get(entry.clientMessageId);
      return mine?.state === 'sending'
        ? mine
        : ({ ...entry, state: entry.state === 'failed' ? 'failed' : 'pending' } as const);
    });
    const ids = new Set(merged.map((entry) => entry.clientMessageId));
    const bridging = here.filter(
      ({ clientMessageId: id, state }) =>
        !ids.has(id) && (state === 'sent' || this.storing.has(id) || this.memoryOnly.has(id)),
    );
    this.replace([...merged, ...bridging].sort((a, b) => a.order - b.order));
  }

  private announce(): void {
    this.channel?.postMessage('changed');
  }
}

function errorOf(thrown: unknown): ErrorObject {
  return (thrown instanceof ParleyError ? thrown : noAnswer('The message could not be sent.')).object;
}
