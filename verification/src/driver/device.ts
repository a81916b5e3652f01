import type {
  Ack,
  ChangePage,
  ChangesEvent,
  Conversation,
  ErrorObject,
  HeadsEvent,
  MessagePage,
  Presence,
  ReadyEvent,
  ReceiptsEvent,
  SyncAnswer,
} from '@parley/protocol';
import type { Socket } from 'socket.io-client';
import { io } from 'socket.io-client';
import type { Random } from '../random.js';
import { intern, seenOf } from '../recording/digest.js';
import type { Seen, Via } from '../recording/entries.js';
import type { Recorder } from '../recording/recorder.js';
import type { SeenChanges, Step } from './conversation-window.js';
import { ConversationWindow } from './conversation-window.js';
import type { Named } from './heard-event.js';
import { namedBy } from './heard-event.js';
import type { Outcome } from './outcome.js';
import { outcomeOfError, sleep, unknown } from './outcome.js';
import type { RestSession } from './rest-session.js';
import type { UnreadWord } from './unread-count.js';
import { countUnread, laterWord } from './unread-count.js';

/** From the contract: how long a command may stay unanswered before its outcome is unknown. */
const COMMAND_TIMEOUT_MS = 10_000;
const HOLE_PATIENCE_MS = 300;
/** As the product's own client: a connection that is not taken by then may have met a frozen instance. */
const OPEN_TIMEOUT_MS = 4_000;
const READY_TIMEOUT_MS = 10_000;
const MAX_BACKOFF_MS = 10_000;
const REPAIR_BACKOFF_MAX_MS = 5_000;

interface Room {
  window: ConversationWindow | null;
  /** Frames that came while the newest page was on its way. */
  waiting: SeenChanges[];
  busy: boolean;
  joinedRev: number;
  readSeq: number;
  /** The server's word of how much is unread; that of the furthest pointer, then of the highest head. */
  word: UnreadWord | null;
  /** A rev that `heads` named: the window is to reach it. */
  wanted: number;
}

export interface DeviceOptions {
  name: string;
  session: RestSession;
  recorder: Recorder;
  random: Random;
  /** Address of the socket; the proxy, or a tunnel that can be cut. */
  url: string;
  /** Off in a planted defect: a device that trusts the socket to bring everything. */
  repairsHoles?: boolean;
  /** In a planted defect: the one of its frames that does not reach it, counted from its start. */
  losesFrame?: number;
  /** Conversations that this device never opens. */
  opens?: (conversationId: string) => boolean;
  /** Whose presence it asks for after each connect; not all of them need to be people it may see. */
  watches?: readonly string[];
}

/** One device on a raw socket, keeping in step as section 6 of the contract says. */
export class Device {
  readonly name: string;
  readonly session: RestSession;
  readonly rooms = new Map<string, Room>();
  instance = '';
  connection = 0;
  live = false;
  stopped = false;
  private readonly options: DeviceOptions;
  private readonly recorder: Recorder;
  private socket: Socket | null = null;
  private epoch: string | null = null;
  private cursor: string | null = null;
  private repairSpreadMs = 2_000;
  private attempt = 0;
  private frames = 0;
  /** What came while a `sync` was under way: its answer is older, so it is applied first. */
  private held: (() => void)[] = [];
  private syncing = false;
  private syncAgain = false;
  /** Settle the commands under way when the connection goes. */
  private readonly pending = new Set<(wanted: boolean) => void>();
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(options: DeviceOptions) {
    this.options = options;
    this.name = options.name;
    this.session = options.session;
    this.recorder = options.recorder;
    this.recorder.write({
      k: 'device',
      device: this.name,
      user: this.session.userId,
      driver: 'raw',
    });
  }

  get userId(): string {
    return this.session.userId;
  }

  /** Resolves when the device is in step for the first time; `false` when that takes too long. */
  async start(withinMs = 30_000): Promise<boolean> {
    this.connectLater(0);
    const end = Date.now() + withinMs;
    while (!this.live && !this.stopped && Date.now() < end) await sleep(20);
    return this.live;
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.drop('stopped', true);
  }

  /** Cuts the connection as a dying network does, and comes back by the rules, or only after `awayMs`. */
  cut(awayMs = 0): void {
    if (this.socket === null) return;
    this.drop('cut by the checker', true);
    this.connectLater(awayMs);
  }

  private later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (!this.stopped) work();
    }, ms);
    this.timers.add(timer);
  }

  private connectLater(ms: number): void {
    this.later(ms, () => void this.connect());
  }

  private reconnect(afterMs = 0): void {
    if (this.stopped) return;
    const backoff = this.options.random.next() * Math.min(MAX_BACKOFF_MS, 1_000 * 2 ** this.attempt);
    this.attempt += 1;
    this.connectLater(afterMs + backoff);
  }

  private drop(why: string, wanted: boolean): void {
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    socket.removeAllListeners();
    socket.disconnect();
    socket.io.engine?.close();
    if (this.instance !== '') {
      this.recorder.write({ k: 'disconnect', device: this.name, connection: this.connection, why, wanted });
    }
    this.instance = '';
    this.live = false;
    this.held = [];
    this.syncing = false;
    this.syncAgain = false;
    for (const cut of [...this.pending]) cut(wanted);
  }

  private async connect(): Promise<void> {
    if (this.socket !== null || this.stopped) return;
    if (Date.now() > this.session.renewAt && !(await this.session.refresh())) {
      if (this.session.ended) {
        this.recorder.write({ k: 'session-ended', device: this.name, why: 'refresh refused' });
        this.stop();
      } else this.reconnect();
      return;
    }
    if (this.stopped) return;
    const socket = io(this.options.url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      timeout: OPEN_TIMEOUT_MS,
      auth: { token: this.session.accessToken, protocol: 1 },
    });
    this.socket = socket;
    socket.onAny((event: string, payload: unknown) => {
      this.hear(event, namedBy(event, payload));
    });
    const lost = (why: string, afterMs = 0): void => {
      if (this.socket !== socket) return;
      this.drop(why, false);
      this.reconnect(afterMs);
    };
    // A server that takes the connection and never says `ready` must not hold the device for ever.
    this.later(READY_TIMEOUT_MS, () => {
      if (this.socket === socket && this.instance === '') lost('never ready');
    });
    socket.on('connect_error', (error: Error & { data?: ErrorObject }) => {
      const code = error.data?.code;
      if (code === 'TOKEN_EXPIRED' || code === 'UNAUTHENTICATED') this.session.renewAt = 0;
      if (code === 'SESSION_REVOKED') {
        this.recorder.write({ k: 'session-ended', device: this.name, why: code });
        this.stop();
        return;
      }
      lost(error.message, error.data?.retryAfterMs ?? 0);
    });
    socket.on('disconnect', (reason) => {
      lost(reason);
    });
    socket.on('ready', (ready: ReadyEvent) => void this.onReady(socket, ready));
    socket.on('changes', (event: ChangesEvent) => {
      this.onChanges(event);
    });
    socket.on('heads', (event: HeadsEvent) => {
      this.afterSync(() => {
        this.onHeads(event);
      });
    });
    socket.on('conversation', ({ conversation }: { conversation: Conversation }) => {
      this.afterSync(() => {
        this.onConversation(conversation);
      });
    });
    socket.on('conversation:removed', ({ conversationId, rev }: { conversationId: string; rev: number }) => {
      this.afterSync(() => {
        this.onRemoved(conversationId, rev);
      });
    });
    socket.on('receipts', (event: ReceiptsEvent) => {
      this.afterSync(() => {
        this.onReceipts(event);
      });
    });
    socket.on('resync', ({ spreadMs }: { spreadMs: number }) => {
      this.later(this.options.random.next() * spreadMs, () => void this.sync(socket));
    });
    socket.on('draining', ({ reconnectAfterMs }: { reconnectAfterMs: number }) => {
      this.later(this.options.random.next() * reconnectAfterMs, () => {
        lost('draining');
      });
    });
    socket.on('session:ended', ({ reason }: { reason: string }) => {
      this.recorder.write({ k: 'session-ended', device: this.name, why: reason });
      if (reason === 'expired') this.session.renewAt = 0;
      else this.stop();
    });
  }

  private async onReady(socket: Socket, ready: ReadyEvent): Promise<void> {
    if (this.socket !== socket) return;
    this.connection += 1;
    this.instance = intern(ready.instanceId);
    this.repairSpreadMs = ready.limits.repairSpreadMs;
    this.recorder.write({
      k: 'connect',
      device: this.name,
      connection: this.connection,
      instance: this.instance,
      epoch: ready.epoch,
    });
    if (this.epoch !== null && this.epoch !== ready.epoch) this.forgetEverything();
    this.epoch = ready.epoch;
    if (!(await this.sync(socket))) return;
    this.attempt = 0;
    this.keepToken(socket);
    await this.watchPresence();
  }

  /** Asked for again on each connection: the server keeps the list with the socket. */
  private async watchPresence(): Promise<void> {
    const { watches } = this.options;
    if (watches === undefined) return;
    const answer = await this.command<{ items: Presence[] }>('presence:watch', { userIds: watches });
    if (answer.kind === 'ok') this.hear('presence:watch', namedBy('presence', answer.data));
  }

  private hear(event: string, named: Named | null): void {
    if (named === null) return;
    this.recorder.write({ k: 'heard', device: this.name, connection: this.connection, event, ...named });
  }

  /** Now, or where a `sync` is under way, behind its answer. */
  private afterSync(work: () => void): void {
    if (this.live && !this.syncing) work();
    else this.held.push(work);
  }

  private forgetEverything(): void {
    for (const [id, room] of this.rooms) if (room.window !== null) this.closeWindow(id, 'epoch');
    this.rooms.clear();
    this.cursor = null;
  }

  /** Renews the token in band before it runs out. */
  private keepToken(socket: Socket): void {
    const wait = Math.max(500, Math.min(this.session.renewAt - Date.now(), 2 ** 31 - 1));
    this.later(wait, () => {
      if (this.socket !== socket || !this.live) return;
      void this.session.refresh().then(async (renewed) => {
        if (!renewed) return;
        await this.tellToken(socket);
        if (this.socket === socket) this.keepToken(socket);
      });
    });
  }

  /** Until the socket has it: what a fault leaves unanswered is asked again, well before the old token runs out. */
  private async tellToken(socket: Socket): Promise<void> {
    while (this.socket === socket && !this.stopped) {
      const outcome = await this.command('auth:refresh', { token: this.session.accessToken });
      if (outcome.kind !== 'unknown') return;
      await sleep(Math.max(outcome.retryAfterMs, 500 + this.options.random.next() * 500));
    }
  }

  /** One command, acknowledged or timed out; never throws. */
  command<T>(name: string, payload: object, timeoutMs = COMMAND_TIMEOUT_MS): Promise<Outcome<T>> {
    const socket = this.socket;
    if (socket === null || this.instance === '') return Promise.resolve(unknown('not connected'));
    return new Promise((resolve) => {
      const settle = (outcome: Outcome<T>): void => {
        clearTimeout(timer);
        this.pending.delete(cut);
        resolve(outcome);
      };
      const cut = (wanted: boolean): void => {
        settle(unknown(wanted ? 'cut by the checker' : 'cut'));
      };
      const timer = setTimeout(() => {
        settle(unknown('no answer'));
      }, timeoutMs);
      this.pending.add(cut);
      socket.emit(name, payload, (ack: Ack<T>) => {
        settle(ack.ok ? { kind: 'ok', data: ack.data, status: 200 } : outcomeOfError(ack.error));
      });
    });
  }

  /** Asks what went by; `false` where the connection is gone or was given up for it. */
  private async sync(socket: Socket): Promise<boolean> {
    if (this.syncing) {
      this.syncAgain = true;
      return false;
    }
    this.syncing = true;
    for (let backoff = 0; this.socket === socket;) {
      const conversations: Record<string, number> = {};
      for (const [id, room] of this.rooms) if (room.window !== null) conversations[id] = room.window.rev;
      const outcome = await this.command<SyncAnswer>('sync', {
        ...(this.epoch === null ? {} : { epoch: this.epoch }),
        ...(this.cursor === null ? {} : { cursor: this.cursor }),
        conversations,
      });
      if (this.socket !== socket) return false;
      if (outcome.kind === 'ok') {
        this.applySync(outcome.data, conversations);
        if (outcome.data.hasMore) continue;
        this.synced(socket);
        return true;
      }
      if (outcome.kind === 'refused' && outcome.code === 'VALIDATION_FAILED') this.cursor = null;
      backoff += 1;
      if (backoff > 6) {
        this.drop('sync unanswered', false);
        this.reconnect();
        return false;
      }
      await sleep(200 * 2 ** backoff * this.options.random.next());
    }
    return false;
  }

  private synced(socket: Socket): void {
    this.syncing = false;
    this.live = true;
    const held = this.held;
    this.held = [];
    for (const work of held) work();
    if (!this.syncAgain) return;
    this.syncAgain = false;
    void this.sync(socket);
  }

  private applySync(answer: SyncAnswer, asked: Record<string, number>): void {
    this.cursor = answer.cursor;
    for (const id of answer.removed) this.onRemoved(id, Number.MAX_SAFE_INTEGER);
    for (const conversation of answer.conversations) this.onConversation(conversation);
    for (const [id, changes] of Object.entries(answer.changes)) {
      const room = this.rooms.get(id);
      const window = room?.window;
      if (room === undefined || window === null || window === undefined) continue;
      if (changes.reset) {
        this.closeWindow(id, 'reset');
        this.open(id, 'reset');
      } else if (changes.hasMore) {
        void this.repair(id, {
          since: Math.max(changes.lastRev, asked[id] ?? 0),
          messages: changes.messages.map(seenOf),
        });
      } else {
        const from = window.rev;
        const steps = window.catchUp(changes.lastRev, changes.messages.map(seenOf));
        if (changes.lastRev > from) {
          this.recorder.write({
            k: 'caught-up',
            device: this.name,
            conversation: id,
            from,
            to: changes.lastRev,
            via: 'sync',
            pages: 1,
          });
        }
        this.record(id, steps, 'sync');
      }
    }
  }

  private onChanges(event: ChangesEvent): void {
    this.frames += 1;
    if (this.frames === this.options.losesFrame) return;
    const id = intern(event.conversationId);
    const frame: SeenChanges = {
      fromRev: event.fromRev,
      toRev: event.toRev,
      messages: event.messages.map(seenOf),
    };
    this.recorder.write({
      k: 'frame',
      device: this.name,
      connection: this.connection,
      event: 'changes',
      conversation: id,
      ...frame,
    });
    this.afterSync(() => {
      this.applyFrame(id, frame);
    });
  }

  private applyFrame(id: string, frame: SeenChanges): void {
    const room = this.rooms.get(id);
    if (room === undefined) {
      void this.discover(id);
      return;
    }
    if (room.window === null) {
      if (room.busy) room.waiting.push(frame);
      return;
    }
    const before = room.window.hasHole;
    const steps = room.window.take(frame);
    this.record(id, steps, 'live');
    if (!before && room.window.hasHole) {
      this.recorder.write({
        k: 'hole',
        device: this.name,
        conversation: id,
        rev: room.window.rev,
        seenRev: frame.fromRev,
        by: 'changes',
      });
      this.scheduleRepair(id);
    }
  }

  private onHeads(event: HeadsEvent): void {
    for (const [conversation, rev] of Object.entries(event.heads)) {
      const room = this.rooms.get(conversation);
      if (room?.window == null) continue;
      room.wanted = Math.max(room.wanted, rev);
      if (rev > room.window.rev) {
        this.recorder.write({
          k: 'hole',
          device: this.name,
          conversation,
          rev: room.window.rev,
          seenRev: rev,
          by: 'heads',
        });
        this.scheduleRepair(conversation);
      }
    }
    if (event.cursor !== undefined && this.socket !== null) void this.sync(this.socket);
  }

  private scheduleRepair(id: string): void {
    if (this.options.repairsHoles === false) return;
    this.later(HOLE_PATIENCE_MS + this.options.random.next() * this.repairSpreadMs, () => {
      const window = this.rooms.get(id)?.window;
      if (window != null && (window.hasHole || window.rev < (this.rooms.get(id)?.wanted ?? 0)))
        void this.repair(id);
    });
  }

  /** One catch-up at a time a conversation, repeated until it is answered; its pages are applied together. */
  private async repair(id: string, begun?: { since: number; messages: Seen[] }): Promise<void> {
    const room = this.rooms.get(id);
    if (room?.window == null || room.busy) return;
    const window = room.window;
    room.busy = true;
    const from = window.rev;
    let since = begun?.since ?? window.rev;
    const messages = begun?.messages ?? [];
    let pages = begun === undefined ? 0 : 1;
    for (let backoff = 0; !this.stopped && room.window === window;) {
      const outcome = await this.session.call<ChangePage>(
        'GET',
        `/conversations/${id}/changes?since=${String(since)}&limit=100`,
      );
      if (outcome.kind === 'unknown') {
        backoff += 1;
        await sleep(
          Math.max(
            outcome.retryAfterMs,
            this.options.random.next() * Math.min(REPAIR_BACKOFF_MAX_MS, 300 * 2 ** backoff),
          ),
        );
        continue;
      }
      if (outcome.kind === 'refused') {
        if (outcome.code === 'NOT_FOUND') this.closeWindow(id, 'not found');
        break;
      }
      const page = outcome.data;
      pages += 1;
      if (page.epoch !== this.epoch) break;
      if (page.reset) {
        if (room.window === window) {
          this.closeWindow(id, 'reset');
          room.busy = false;
          this.open(id, 'reset');
        }
        return;
      }
      messages.push(...page.items.map(seenOf));
      since = page.lastRev;
      if (page.hasMore) continue;
      if (room.window === window) {
        const steps = window.catchUp(page.lastRev, messages);
        this.recorder.write({
          k: 'caught-up',
          device: this.name,
          conversation: id,
          from,
          to: page.lastRev,
          via: 'catch-up',
          pages,
        });
        this.record(id, steps, 'catch-up');
      }
      break;
    }
    room.busy = false;
    // What came behind another hole meanwhile, or a head still not reached.
    if (room.window === window && (window.hasHole || window.rev < room.wanted)) this.scheduleRepair(id);
  }

  private onConversation(conversation: Conversation): void {
    const id = intern(conversation.id);
    let room = this.rooms.get(id);
    if (room === undefined) {
      room = { window: null, waiting: [], busy: false, joinedRev: 0, readSeq: 0, word: null, wanted: 0 };
      this.rooms.set(id, room);
    }
    room.joinedRev = Math.max(room.joinedRev, conversation.me.joinedRev);
    this.takeWord(id, room, conversation);
    this.pointer(id, room, conversation.me.readSeq, 'conversation');
    if (room.window === null && !room.busy && (this.options.opens?.(id) ?? true)) this.open(id, 'open');
  }

  private takeWord(id: string, room: Room, { lastSeq, me }: Conversation): void {
    const { readSeq, unread } = me;
    room.word = laterWord(room.word, { lastSeq, readSeq, unread });
    const { name: device, userId: user } = this;
    this.recorder.write({ k: 'told', device, user, conversation: id, lastSeq, readSeq, unread });
  }

  private async discover(id: string): Promise<void> {
    const outcome = await this.session.call<Conversation>('GET', `/conversations/${id}`);
    if (outcome.kind === 'ok') this.onConversation(outcome.data);
  }

  private onRemoved(id: string, rev: number): void {
    const room = this.rooms.get(id);
    if (room === undefined) return;
    if (rev !== Number.MAX_SAFE_INTEGER && room.joinedRev > rev) return;
    this.recorder.write({
      k: 'removed',
      device: this.name,
      conversation: id,
      rev: rev === Number.MAX_SAFE_INTEGER ? 0 : rev,
    });
    if (room.window !== null) this.closeWindow(id, 'removed');
    this.rooms.delete(id);
  }

  private onReceipts(event: ReceiptsEvent): void {
    const room = this.rooms.get(event.conversationId);
    if (room === undefined) return;
    for (const receipt of event.receipts) {
      if (receipt.userId === this.userId)
        this.pointer(event.conversationId, room, receipt.readSeq, 'receipts');
    }
  }

  private pointer(id: string, room: Room, readSeq: number, via: string): void {
    if (readSeq <= room.readSeq) return;
    room.readSeq = readSeq;
    this.recorder.write({
      k: 'pointer',
      device: this.name,
      conversation: id,
      user: this.userId,
      readSeq,
      via,
    });
  }

  /** Loads the newest page; frames that come meanwhile are applied behind it. */
  private open(id: string, why: 'open' | 'reset'): void {
    const room = this.rooms.get(id);
    if (room === undefined || room.busy) return;
    room.busy = true;
    void (async () => {
      for (let backoff = 0; !this.stopped && this.rooms.get(id) === room;) {
        const outcome = await this.session.call<MessagePage>('GET', `/conversations/${id}/messages`);
        // Gone, or opened anew, while the page was on its way.
        if (this.rooms.get(id) !== room) return;
        if (outcome.kind === 'ok') {
          const page = outcome.data.items.map(seenOf);
          const window = new ConversationWindow(page, outcome.data.lastRev);
          room.window = window;
          this.recorder.write({
            k: 'window-start',
            device: this.name,
            conversation: id,
            rev: window.rev,
            messages: page,
            why,
          });
          this.sawOwn(id, page);
          const waiting = room.waiting;
          room.waiting = [];
          for (const frame of waiting) this.applyFrame(id, frame);
          break;
        }
        if (outcome.kind === 'refused') break;
        backoff += 1;
        await sleep(this.options.random.next() * Math.min(REPAIR_BACKOFF_MAX_MS, 300 * 2 ** backoff));
      }
      room.busy = false;
      if (room.window !== null && room.window.rev < room.wanted) this.scheduleRepair(id);
    })();
  }

  private closeWindow(id: string, why: string): void {
    const room = this.rooms.get(id);
    if (room === undefined) return;
    room.window = null;
    room.waiting = [];
    room.wanted = 0;
    this.recorder.write({ k: 'window-end', device: this.name, conversation: id, why });
  }

  private record(id: string, steps: Step[], via: Via): void {
    for (const step of steps) {
      this.recorder.write({ k: 'applied', device: this.name, conversation: id, via, ...step });
      this.sawOwn(id, step.messages);
    }
  }

  /** Sending moves one's own read pointer; nobody is told of it beside the message. */
  private sawOwn(id: string, messages: Seen[]): void {
    const room = this.rooms.get(id);
    const own = messages.filter(({ sender, kind }) => kind === 'text' && sender === this.userId);
    const newest = own.reduce((highest, { seq }) => Math.max(highest, seq), 0);
    if (room !== undefined) this.pointer(id, room, newest, 'own message');
  }

  /** Writes down what this device shows now. */
  recordHeld(): void {
    for (const [id, room] of this.rooms) {
      this.recorder.write({
        k: 'held',
        device: this.name,
        user: this.userId,
        conversation: id,
        connected: this.live,
        rev: room.window?.rev ?? -1,
        readSeq: room.readSeq,
        ...countUnread(room.window, room.readSeq, room.word, this.userId),
        messages: [...(room.window?.messages.values() ?? [])].sort((left, right) => left.seq - right.seq),
      });
    }
  }
}
