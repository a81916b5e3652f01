import type { ParleyClient, Timeline } from '@parley/client';
import { createClient } from '@parley/client';
import { intern, seenOf } from '../recording/digest.js';
import type { Seen } from '../recording/entries.js';
import type { Recorder } from '../recording/recorder.js';
import { sleep } from './outcome.js';

interface Watched {
  timeline: Timeline;
  close: () => void;
  /** What was shown last; `null` while nothing is. */
  shown: Map<number, Seen> | null;
  rev: number;
}

interface SendUnderWay {
  readonly op: number;
  readonly conversation: string;
  /** In a queue that waits again after an attempt, that one may have been stored: only its answer is missing. */
  attempt: 'none' | 'under way' | 'in doubt';
}

/** A device that is the product's own client: what it shows is judged like what the checker's own devices show. */
export class LibraryDevice {
  readonly name: string;
  userId = '';
  private readonly client: ParleyClient;
  private readonly recorder: Recorder;
  private readonly watched = new Map<string, Watched>();
  private readonly sending = new Map<string, SendUnderWay>();
  private readonly counts = new Map<string, number>();
  private online = false;
  private connection = 0;
  private stopped = false;

  constructor(options: { name: string; url: string; recorder: Recorder }) {
    this.name = options.name;
    this.recorder = options.recorder;
    this.client = createClient({ baseUrl: options.url });
  }

  /** Signs in and waits until it is in step; `false` when that takes too long. */
  async start(username: string, password: string, withinMs = 30_000): Promise<boolean> {
    const me = await this.client.login({ username, password });
    this.userId = intern(me.id);
    this.recorder.write({ k: 'device', device: this.name, user: this.userId, driver: 'library' });
    this.client.connection.subscribe(() => {
      this.noteConnection();
    });
    this.client.conversations.subscribe(() => {
      this.noteConversations();
    });
    this.client.outbox.subscribe(() => {
      this.noteOutbox();
    });
    this.noteConnection();
    this.noteConversations();
    const end = Date.now() + withinMs;
    while (!this.client.synced.getSnapshot() && Date.now() < end) await sleep(20);
    this.noteConversations();
    return this.client.synced.getSnapshot();
  }

  get conversations(): string[] {
    return [...this.watched.keys()];
  }

  /** Sends that have no end yet. */
  get waiting(): number {
    return this.client.outbox
      .getSnapshot()
      .entries.filter(({ state }) => state === 'pending' || state === 'sending').length;
  }

  send(conversation: string, text: string): void {
    const { clientMessageId } = this.client.send(conversation, text);
    const n = (this.counts.get(conversation) ?? 0) + 1;
    this.counts.set(conversation, n);
    const op = this.recorder.op();
    this.sending.set(clientMessageId, { op, conversation, attempt: 'none' });
    this.recorder.write({ k: 'enqueue', device: this.name, conversation, clientMessageId, n });
    this.recorder.write({
      k: 'invoke',
      op,
      action: 'send',
      user: this.userId,
      device: this.name,
      via: 'library',
      target: null,
      conversation,
      clientMessageId,
      attempt: 0,
      repeat: false,
    });
  }

  stop(): void {
    this.stopped = true;
    for (const { op } of this.sending.values()) this.recorder.write({ k: 'info', op, why: 'not ended' });
    this.sending.clear();
    this.client.close();
  }

  private noteConnection(): void {
    if (this.stopped) return;
    const online = this.client.connection.getSnapshot().status === 'online';
    if (online === this.online) return;
    this.online = online;
    if (online) this.connection += 1;
    // It does not tell to which instance it is connected.
    if (online)
      this.recorder.write({
        k: 'connect',
        device: this.name,
        connection: this.connection,
        instance: '',
        epoch: '',
      });
    else
      this.recorder.write({
        k: 'disconnect',
        device: this.name,
        connection: this.connection,
        why: this.client.connection.getSnapshot().status,
        wanted: false,
      });
  }

  private noteConversations(): void {
    if (this.stopped) return;
    const now = new Set(this.client.conversations.getSnapshot().map(({ id }) => id));
    for (const id of now) if (!this.watched.has(id)) this.watch(intern(id));
    for (const [id, { close, shown }] of this.watched) {
      if (now.has(id)) continue;
      close();
      this.watched.delete(id);
      this.recorder.write({ k: 'removed', device: this.name, conversation: id, rev: 0 });
      if (shown !== null)
        this.recorder.write({ k: 'window-end', device: this.name, conversation: id, why: 'removed' });
    }
    this.endUnseen();
  }

  /** What left the queue for a conversation that this device no longer sees: it will never be shown here. */
  private endUnseen(): void {
    const queued = new Set(
      this.client.outbox.getSnapshot().entries.map(({ clientMessageId }) => clientMessageId),
    );
    for (const [clientMessageId, { op, conversation }] of this.sending) {
      if (queued.has(clientMessageId) || this.watched.has(conversation)) continue;
      this.sending.delete(clientMessageId);
      this.recorder.write({ k: 'info', op, why: 'removed' });
    }
  }

  private watch(id: string): void {
    const timeline = this.client.timeline(id);
    const watched: Watched = { timeline, close: () => undefined, shown: null, rev: 0 };
    this.watched.set(id, watched);
    const unsubscribe = timeline.subscribe(() => {
      if (this.watched.get(id) === watched && !this.stopped) this.noteTimeline(id, watched);
    });
    const leave = timeline.open();
    watched.close = () => {
      unsubscribe();
      leave();
    };
    this.noteTimeline(id, watched);
  }

  private noteTimeline(id: string, watched: Watched): void {
    const { status, messages } = watched.timeline.getSnapshot();
    const rev = watched.timeline.rev;
    if (rev === null || (status !== 'ready' && messages.length === 0)) {
      if (watched.shown !== null)
        this.recorder.write({ k: 'window-end', device: this.name, conversation: id, why: 'reset' });
      watched.shown = null;
      return;
    }
    const shown = watched.shown;
    if (shown === null || rev < watched.rev) {
      const page = messages.map(seenOf);
      for (const message of page) this.endSend(message);
      if (shown !== null)
        this.recorder.write({ k: 'window-end', device: this.name, conversation: id, why: 'reset' });
      watched.shown = new Map(page.map((message) => [message.seq, message]));
      watched.rev = rev;
      this.recorder.write({
        k: 'window-start',
        device: this.name,
        conversation: id,
        rev,
        messages: page,
        why: 'open',
      });
      return;
    }
    // A message object is replaced when it changes: only those need a digest.
    const changed = messages
      .filter((message) => (shown.get(message.seq)?.rev ?? 0) !== message.rev)
      .map(seenOf);
    if (changed.length === 0 && rev === watched.rev) return;
    for (const message of changed) shown.set(message.seq, message);
    this.recorder.write({
      k: 'applied',
      device: this.name,
      conversation: id,
      from: watched.rev,
      to: rev,
      via: 'library',
      messages: changed,
    });
    watched.rev = rev;
    for (const message of changed) this.endSend(message);
  }

  private endSend(message: Seen): void {
    const sending =
      message.clientMessageId === null || message.sender !== this.userId
        ? undefined
        : this.sending.get(message.clientMessageId);
    if (sending === undefined || message.clientMessageId === null) return;
    this.sending.delete(message.clientMessageId);
    this.recorder.write({ k: 'ok', op: sending.op, message });
  }

  private noteOutbox(): void {
    if (this.stopped) return;
    for (const entry of this.client.outbox.getSnapshot().entries) {
      const sending = this.sending.get(entry.clientMessageId);
      if (sending === undefined) continue;
      if (entry.state === 'sending' && sending.attempt === 'none') sending.attempt = 'under way';
      if (entry.state === 'pending' && sending.attempt === 'under way') sending.attempt = 'in doubt';
      if (entry.state !== 'failed') continue;
      this.sending.delete(entry.clientMessageId);
      const code = entry.error?.code ?? 'UNKNOWN';
      // Refused at last, because of a removal since, says nothing of the attempt before.
      if (sending.attempt === 'in doubt')
        this.recorder.write({ k: 'info', op: sending.op, why: `at last ${code}` });
      else this.recorder.write({ k: 'fail', op: sending.op, code });
      this.client.discardSend(entry.clientMessageId);
    }
    this.endUnseen();
  }

  /** Writes down what this device shows now. */
  recordHeld(): void {
    for (const [id, { shown, timeline }] of this.watched) {
      this.recorder.write({
        k: 'held',
        device: this.name,
        user: this.userId,
        conversation: id,
        connected: this.client.synced.getSnapshot(),
        rev: timeline.rev ?? -1,
        readSeq: this.client.conversation(id)?.me.readSeq ?? 0,
        unread: this.client.conversation(id)?.me.unread ?? null,
        mentions: this.client.conversation(id)?.me.mentions ?? null,
        messages: [...(shown?.values() ?? [])].sort((left, right) => left.seq - right.seq),
      });
    }
  }
}
