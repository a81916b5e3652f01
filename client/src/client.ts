import type {
  Conversation,
  Me,
  Message,
  Presence,
  RouteAnswer,
  RouteBody,
  RouteName,
  SocketLimits,
  User,
} from '@parley/protocol';
import { PRESENCE_IDS_MAX } from '@parley/protocol/limits';
import { Account, type AuthState } from './account.js';
import { Connection, type ConnectionState } from './connection.js';
import { IndexedDbOutboxStorage } from './indexeddb-outbox-storage.js';
import type { Observable } from './observable.js';
import { MemoryOutboxStorage, type OutboxEntry, type OutboxStorage } from './outbox-storage.js';
import { Outbox, type OutboxSnapshot } from './outbox.js';
import { People } from './people.js';
import { Pointers } from './pointers.js';
import { Rest, type CallArguments } from './rest.js';
import { SyncEngine } from './sync-engine.js';
import type { Timeline } from './timeline.js';
import { TypingSignals } from './typing-signals.js';

export interface ClientOptions {
  /** Origin of the server, without a slash at the end; '' (the page's own) where absent. */
  readonly baseUrl?: string;
  /** IndexedDB in a browser, memory elsewhere; `FileOutboxStorage` of `@parley/client/node` outlives a bot. */
  readonly outboxStorage?: OutboxStorage;
  readonly fetch?: typeof globalThis.fetch;
  /** Outside of a browser: `client.refreshToken` of an earlier start, which `restore()` takes up again. */
  readonly refreshToken?: string;
}

export function createClient(options: ClientOptions = {}): ParleyClient {
  return new ParleyClient(options);
}

/** One person's Parley: who is signed in, what they see, and what they have yet to send. */
export class ParleyClient {
  private readonly rest: Rest;
  private readonly account: Account;
  private readonly link: Connection;
  private readonly directory: People;
  private readonly engine: SyncEngine;
  private readonly queue: Outbox;
  private readonly reads: Pointers;
  private readonly deliveries: Pointers;
  private readonly signals: TypingSignals;
  private readonly stopRestoring = new AbortController();
  private watched: readonly string[] = [];
  private ownPresence: 'online' | 'away' = 'online';

  constructor(options: ClientOptions) {
    const baseUrl = options.baseUrl ?? '';
    const inBrowser = typeof indexedDB !== 'undefined';
    this.rest = new Rest(
      baseUrl,
      options.fetch ?? globalThis.fetch.bind(globalThis),
      options.refreshToken ?? null,
    );
    this.account = new Account(this.rest);
    this.directory = new People(this.account);
    this.queue = new Outbox(
      options.outboxStorage ?? (inBrowser ? new IndexedDbOutboxStorage() : new MemoryOutboxStorage()),
      {
        send: (entry) => this.sendEntry(entry),
        shownRev: (id) => this.engine.shownRev(id),
      },
      inBrowser && options.outboxStorage === undefined,
    );
    this.engine = new SyncEngine(this.directory, {
      myId: () => this.account.me?.id ?? '',
      call: (name, ...args) => this.account.call(name, ...args),
      sync: (input) => this.link.command('sync', input),
      seen: (messages) => {
        this.seen(messages);
      },
      restored: () => {
        this.reads.clear();
        this.deliveries.clear();
      },
      queuedIn: (id) => this.queue.entriesOf(id),
      shown: (id, rev) => {
        this.queue.shown(id, rev);
      },
    });
    this.link = new Connection(baseUrl, this.account, {
      ready: (ready) => {
        this.engine.ready(ready);
        this.queue.connected(true);
        this.reads.resume();
        this.deliveries.resume();
        if (this.watched.length > 0) this.watchPresence(this.watched);
        // A new connection is taken for online.
        if (this.ownPresence === 'away') this.setPresence('away');
      },
      event: (name, payload) => {
        this.engine.event(name, payload);
      },
      lost: () => {
        this.queue.connected(false);
        this.engine.lost();
      },
    });
    this.reads = new Pointers(async (conversationId, seq) => {
      const read = await this.link.command('conversation:read', { conversationId, seq });
      this.engine.list.applyRead(conversationId, read);
    });
    this.deliveries = new Pointers(async (conversationId, seq) => {
      await this.link.command('conversation:delivered', { conversationId, seq });
    });
    this.signals = new TypingSignals((command, conversationId) => {
      void this.link.command(command, { conversationId }).catch(() => undefined);
    });
    this.account.state.subscribe(() => {
      this.signedInOrOut(this.account.state.getSnapshot());
    });
    this.queue.snapshot.subscribe(() => {
      this.engine.showQueued();
    });
    if (typeof window !== 'undefined') {
      window.addEventListener('pagehide', this.pageHides);
      document.addEventListener('visibilitychange', this.visibilityChanged);
    }
  }

  // ---- Who is signed in

  get auth(): Observable<AuthState> {
    return this.account.state;
  }
  /** Takes the last session up again, if there is one. Call it once, at the start. */
  restore(): Promise<void> {
    return this.account.restore(this.stopRestoring.signal);
  }
  /**
   * Outside of a browser, which keeps it itself: what `restore()` of a later start needs. It changes with every
   * renewal; `null` while nobody is signed in. It is a password: keep it as one.
   */
  get refreshToken(): string | null {
    return this.rest.refreshToken;
  }
  register(input: { username: string; password: string; displayName?: string; email?: string }): Promise<Me> {
    return this.account.signIn('POST /auth/register', input);
  }
  login(input: { username: string; password: string }): Promise<Me> {
    return this.account.signIn('POST /auth/login', input);
  }
  logout(): Promise<void> {
    return this.account.logout();
  }
  async changeMe(body: { displayName?: string; email?: string | null }): Promise<Me> {
    const me = await this.account.call('PATCH /users/me', { body });
    this.account.changed(me);
    return me;
  }

  /** Any route of the contract, by its name. Throws `ParleyError`. */
  call<N extends RouteName>(name: N, ...args: CallArguments<N>): Promise<RouteAnswer<N>> {
    return this.account.call(name, ...args);
  }

  // ---- The connection

  get connection(): Observable<ConnectionState> {
    return this.link.snapshot;
  }
  get limits(): Observable<SocketLimits | null> {
    return this.engine.limits;
  }
  /** Whether everything that happened before now has been told. */
  get synced(): Observable<boolean> {
    return this.engine.synced;
  }
  reconnectNow(): void {
    this.link.retryNow();
  }
  /** Ends the connection for good; the queue stays in its storage. What was read is told first. */
  close(): void {
    if (typeof window !== 'undefined') {
      window.removeEventListener('pagehide', this.pageHides);
      document.removeEventListener('visibilitychange', this.visibilityChanged);
    }
    this.stopRestoring.abort();
    this.reads.flush();
    this.link.dispose();
    this.queue.stop();
    this.engine.lost();
    this.reads.clear();
    this.deliveries.clear();
  }

  // ---- Conversations

  get conversations(): Observable<readonly Conversation[]> {
    return this.engine.list.snapshot;
  }
  conversation(id: string): Conversation | undefined {
    return this.engine.list.get(id);
  }
  async refreshConversation(id: string): Promise<Conversation> {
    await this.engine.refresh(id);
    const conversation = this.engine.list.get(id);
    if (!conversation) throw new Error('The conversation went while it was fetched');
    return conversation;
  }
  /** For the answers of routes that make or change one: it need not wait for its event. */
  upsertConversation(conversation: Conversation): void {
    this.engine.upsert(conversation);
  }
  /** Mute, pin, archive, notify level, mark as unread: this person's own side. */
  async changeMembership(id: string, body: RouteBody<'PATCH /conversations/:id/me'>): Promise<Conversation> {
    // What was read before the mark would take it away, came it after.
    if (body.markedUnread === true) await this.reads.settle(id);
    const askedAt = this.engine.list.ask();
    const conversation = await this.account.call('PATCH /conversations/:id/me', { params: { id }, body });
    this.engine.upsert(conversation, askedAt);
    return conversation;
  }
  timeline(id: string): Timeline {
    return this.engine.timeline(id);
  }

  // ---- Messages

  get outbox(): Observable<OutboxSnapshot> {
    return this.queue.snapshot;
  }
  /** Queues a message: shown at once, sent when it can be, never twice. */
  send(
    conversationId: string,
    text: string,
    options: { replyToId?: string; threadRootId?: string } = {},
  ): OutboxEntry {
    this.signals.sent(conversationId);
    return this.queue.add(conversationId, text, options);
  }
  retrySend(clientMessageId: string): void {
    this.queue.retry(clientMessageId);
  }
  discardSend(clientMessageId: string): void {
    this.queue.discard(clientMessageId);
  }
  editMessage(messageId: string, text: string, ifRev?: number): Promise<Message> {
    const body = ifRev === undefined ? { text } : { text, ifRev };
    return this.account.call('PATCH /messages/:id', { params: { id: messageId }, body });
  }
  deleteMessage(messageId: string): Promise<Message> {
    return this.account.call('DELETE /messages/:id', { params: { id: messageId } });
  }
  react(messageId: string, emoji: string, on: boolean): Promise<Message> {
    const params = { id: messageId, emoji };
    return on
      ? this.account.call('PUT /messages/:id/reactions/:emoji', { params })
      : this.account.call('DELETE /messages/:id/reactions/:emoji', { params });
  }
  pin(messageId: string, on: boolean): Promise<Message> {
    const params = { id: messageId };
    return on
      ? this.account.call('PUT /messages/:id/pin', { params })
      : this.account.call('DELETE /messages/:id/pin', { params });
  }
  /** Everything up to `seq` was read. Shown at once, told to the server at most every 2 s. */
  markRead(conversationId: string, seq: number): void {
    const conversation = this.engine.list.get(conversationId);
    if (!conversation) return;
    const { readSeq, markedUnread } = conversation.me;
    const upTo = Math.min(seq, conversation.lastSeq);
    if (upTo <= readSeq && !markedUnread) return;
    this.engine.list.readAhead(conversationId, upTo);
    this.reads.move(conversationId, upTo, markedUnread);
  }

  // ---- Passing things: they may fail in silence

  startTyping(conversationId: string): void {
    const limits = this.engine.limits.getSnapshot();
    if (limits) this.signals.start(conversationId, limits.typingIntervalMs);
  }
  stopTyping(conversationId: string): void {
    this.signals.stop(conversationId);
  }
  /** Whether this person is at the device, as others see it: also after a reconnect. Online, until it is said otherwise. */
  setPresence(status: 'online' | 'away'): void {
    this.ownPresence = status;
    void this.link.command('presence:set', { status }).catch(() => undefined);
  }

  // ---- People

  get people(): Observable<ReadonlyMap<string, User>> {
    return this.directory.snapshot;
  }
  ensurePeople(ids: Iterable<string>): void {
    this.directory.ensure(ids);
  }
  get presence(): Observable<ReadonlyMap<string, Presence>> {
    return this.directory.presence;
  }
  /** Replaces the list of people whose presence is told, also after a reconnect; of more than 200 the first. */
  watchPresence(userIds: readonly string[]): void {
    this.watched = userIds.slice(0, PRESENCE_IDS_MAX);
    void this.link
      .command('presence:watch', { userIds: [...this.watched] })
      .then(({ items }) => {
        this.directory.learnPresence(items);
      })
      .catch(() => undefined);
  }

  // ---- Behind the scenes

  private signedInOrOut(state: AuthState): void {
    if (state.status === 'signed-in') {
      this.directory.learn([state.user]);
      void this.queue.start(state.user.id);
      this.link.open();
    } else if (state.status === 'signed-out') {
      this.link.close();
      this.queue.connected(false);
      this.queue.stop();
      this.reads.clear();
      this.deliveries.clear();
      this.signals.clear();
      this.engine.clear();
      this.directory.clear();
      this.watched = [];
      this.ownPresence = 'online';
    }
  }

  /** The page may be gone before the next move is due, and before the answer to the last one. */
  private readonly visibilityChanged = (): void => {
    if (document.visibilityState === 'hidden') this.reads.flush();
  };
  private readonly pageHides = (): void => {
    for (const [id, seq] of this.reads.untold())
      this.account.leave('PUT /conversations/:id/read', { params: { id }, body: { seq } });
  };

  private sendEntry({ conversationId, clientMessageId, text, replyToId, threadRootId }: OutboxEntry) {
    return this.link.command('message:send', {
      conversationId,
      clientMessageId,
      text,
      ...(replyToId === null ? {} : { replyToId }),
      ...(threadRootId === null ? {} : { threadRootId }),
    });
  }

  private seen(messages: readonly Message[]): void {
    const myId = this.account.me?.id;
    const newest = new Map<string, number>();
    for (const message of messages) {
      if (message.senderId === myId) this.queue.settle(message);
      else if (message.kind === 'text') {
        newest.set(message.conversationId, Math.max(newest.get(message.conversationId) ?? 0, message.seq));
      }
    }
    const most = this.engine.limits.getSnapshot()?.receiptsMaxMembers ?? 0;
    for (const [conversationId, seq] of newest) {
      const conversation = this.engine.list.get(conversationId);
      // In large conversations nobody is told: not worth a command.
      if (conversation && conversation.memberCount <= most && seq > conversation.me.deliveredSeq) {
        this.deliveries.move(conversationId, seq);
      }
    }
  }
}
