import type {
  Ack,
  CommandInput,
  CommandName,
  CommandResult,
  HeadsEvent,
  Message,
  ResyncEvent,
} from '@parley/protocol';
import { setTimeout as pause } from 'node:timers/promises';
import type { PersonOrder } from './crowd-orders.js';
import type { CrowdTally } from './crowd-tally.js';
import { intendedMoments, markedText } from './marked-text.js';
import { RawSocket, Refused } from './raw-socket.js';

const NAME = /^42\["([^"]+)"/;
const CHANGES = /"conversationId":"([^"]+)","fromRev":(\d+),"toRev":(\d+)/;
const SEQ = /"seq":(\d+)/;
/** The head of a frame is looked at as text, not the whole. */
const HEAD = 400;

/** As docs/protocol.md has clients do it: what is missing is asked for after this and a random part of two seconds. */
const HOLE_MS = 300;
const REPAIR_SPREAD_MS = 2_000;
/** Between tries to come back: random(0, min(10 s, 1 s × 2^attempt)). */
const RETURN_MS = 1_000;
const RETURN_MAX_MS = 10_000;
const RETRY_MS = 500;

interface Outgoing {
  readonly conversationId: string;
  readonly clientMessageId: string;
  readonly intended: number;
  readonly settled: () => void;
}

/** Keeps in step by the rules of the contract: revs held, holes repaired, sends repeated with their id until answered. */
export class CrowdPerson {
  readonly number: number;
  private socket: RawSocket | null = null;
  private readonly acks = new Map<number, (answer: string | null) => void>();
  private readonly revs = new Map<string, number>();
  /** Revs that are known to exist, where they are above what is held. */
  private readonly seen = new Map<string, number>();
  private epoch: string | undefined;
  private cursor: string | undefined;
  private readonly outbox = new Map<string, Outgoing>();
  private latest: { conversationId: string; seq: number } | null = null;
  /** Not in step yet, for the first time or after a cut. */
  private isAway = true;
  private left = false;

  constructor(
    private readonly order: PersonOrder,
    private readonly source: string | undefined,
    private readonly tally: CrowdTally,
    private readonly textLength: () => number,
  ) {
    this.number = order.number;
  }

  /** Connected and caught up. */
  get isSettled(): boolean {
    return this.socket !== null && !this.isAway;
  }

  get open(): number {
    return this.outbox.size;
  }

  get held(): number[] {
    return this.order.conversationIds.map((id) => this.revs.get(id) ?? 0);
  }

  conversation(index: number): string {
    return this.order.conversationIds[index % this.order.conversationIds.length] ?? '';
  }

  async join(): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.enter(this.order.url);
        this.isAway = false;
        return;
      } catch (error) {
        if (attempt === 20) throw error;
        await pause(Math.random() * Math.min(RETURN_MAX_MS, RETURN_MS * 2 ** attempt));
      }
    }
  }

  send(conversationId: string, clientMessageId: string, intended: number, settled: () => void): void {
    const outgoing = { conversationId, clientMessageId, intended, settled };
    this.outbox.set(clientMessageId, outgoing);
    if (this.isSettled) void this.post(outgoing);
  }

  async act<K extends CommandName>(name: K, input: CommandInput<K>): Promise<void> {
    if (this.isSettled) await this.ask(name, input);
  }

  /** Moves the pointer to what came last. */
  async read(): Promise<void> {
    if (this.latest !== null) await this.act('conversation:read', this.latest);
  }

  leave(): void {
    this.left = true;
    this.socket?.close();
  }

  /** Resolves when connected and in step. */
  private async enter(url: string): Promise<void> {
    const events = {
      event: (frame: Buffer) => this.received(frame),
      ack: (id: number, answer: string) => {
        this.acks.get(id)?.(answer);
        this.acks.delete(id);
      },
      closed: () => this.cut(),
    };
    this.socket = await RawSocket.open(url, this.order.auth, events, this.source);
    await this.catchUp(this.cursor === undefined ? {} : Object.fromEntries(this.revs));
    await this.ask('presence:watch', { userIds: [...this.order.watched] });
    if (this.socket === null) throw new Error('cut while catching up');
  }

  private cut(): void {
    this.socket = null;
    for (const answer of this.acks.values()) answer(null);
    this.acks.clear();
    if (this.left || this.isAway) return;
    this.tally.cut();
    this.isAway = true;
    void this.comeBack();
  }

  private async comeBack(): Promise<void> {
    const began = performance.now();
    let retryAfterMs = 0;
    for (let attempt = 0; !this.left; attempt += 1) {
      await pause(Math.max(retryAfterMs, Math.random() * Math.min(RETURN_MAX_MS, RETURN_MS * 2 ** attempt)));
      try {
        await this.enter(this.order.returnUrl);
        break;
      } catch (error) {
        this.tally.failedReturn(error instanceof Error ? error.message : String(error));
        retryAfterMs = error instanceof Refused ? error.retryAfterMs : 0;
        this.socket?.close();
      }
    }
    this.isAway = false;
    this.tally.back(performance.now() - began);
    for (const outgoing of this.outbox.values()) void this.post(outgoing);
  }

  private async post(outgoing: Outgoing): Promise<void> {
    const { conversationId, clientMessageId, intended } = outgoing;
    const text = markedText(intended, this.textLength());
    const answer = await this.ask('message:send', { conversationId, clientMessageId, text });
    // Cut: it is posted again after the return.
    if (answer === null) return;
    if (!answer.ok && answer.error.retryable) {
      await pause(answer.error.retryAfterMs ?? RETRY_MS);
      if (this.isSettled) await this.post(outgoing);
      return;
    }
    if (!this.outbox.delete(clientMessageId)) return;
    if (answer.ok) this.tally.ack(intended);
    outgoing.settled();
  }

  /** `null` where the connection was cut before the answer. */
  private async ask<K extends CommandName>(
    name: K,
    input: CommandInput<K>,
  ): Promise<Ack<CommandResult<K>> | null> {
    const { socket } = this;
    if (socket === null) return null;
    const text = await new Promise<string | null>((resolve) => {
      this.acks.set(socket.command(name, input), resolve);
    });
    if (text === null) return null;
    const [answer] = JSON.parse(text) as [Ack<CommandResult<K>>];
    if (!answer.ok) this.tally.refusal(`${name} ${answer.error.code}`);
    return answer;
  }

  private async catchUp(conversations: Record<string, number>): Promise<void> {
    let asked = conversations;
    for (;;) {
      const answer = await this.ask('sync', {
        ...(this.epoch === undefined ? {} : { epoch: this.epoch }),
        ...(this.cursor === undefined ? {} : { cursor: this.cursor }),
        conversations: asked,
      });
      if (answer === null) throw new Error('cut while catching up');
      if (!answer.ok) {
        if (!answer.error.retryable) throw new Error(answer.error.message);
        await pause(answer.error.retryAfterMs ?? RETRY_MS);
        continue;
      }
      const { data } = answer;
      const isFirst = this.cursor === undefined;
      this.epoch = data.epoch;
      this.cursor = data.cursor;
      // Whoever comes for the first time has opened everything just now.
      for (const { id, lastRev } of data.conversations)
        if (!this.revs.has(id) || isFirst) this.revs.set(id, lastRev);
      for (const [id, { messages, lastRev }] of Object.entries(data.changes))
        this.apply(id, messages, lastRev);
      const unfinished = Object.entries(data.changes).filter(([, { hasMore }]) => hasMore);
      if (unfinished.length === 0 && !data.hasMore) return;
      asked = Object.fromEntries(unfinished.map(([id]) => [id, this.revs.get(id) ?? 0]));
    }
  }

  private apply(conversationId: string, messages: readonly Message[], lastRev: number): void {
    const held = this.revs.get(conversationId) ?? 0;
    for (const { rev, text } of messages) {
      const intended = Number(text.split('~')[1]);
      if (rev > held && Number.isFinite(intended)) this.tally.message(intended, true);
    }
    this.revs.set(conversationId, Math.max(held, lastRev));
  }

  private received(frame: Buffer): void {
    const head = frame.toString('latin1', 0, HEAD);
    const name = NAME.exec(head)?.[1] ?? 'unknown';
    this.tally.frame(name, frame.length);
    if (name === 'changes') this.changed(frame, head);
    else if (name === 'heads') {
      const [, { heads, cursor }] = JSON.parse(frame.toString('utf8', 2)) as [string, HeadsEvent];
      for (const [id, rev] of Object.entries(heads)) this.missing(id, rev);
      if (cursor !== undefined) void this.catchUp({}).catch(() => undefined);
    } else if (name === 'resync') {
      const [, { spreadMs }] = JSON.parse(frame.toString('utf8', 2)) as [string, ResyncEvent];
      void pause(Math.random() * spreadMs)
        .then(() => this.catchUp(Object.fromEntries(this.revs)))
        .catch(() => undefined);
    }
  }

  private changed(frame: Buffer, head: string): void {
    const [, conversationId, from, to] = CHANGES.exec(head) ?? [];
    if (conversationId === undefined) throw new Error(`Not understood: ${head}`);
    const held = this.revs.get(conversationId) ?? 0;
    const seq = SEQ.exec(head)?.[1];
    if (seq !== undefined) this.latest = { conversationId, seq: Number(seq) };
    if (Number(to) <= held) return;
    if (Number(from) > held) {
      this.tally.hole();
      this.missing(conversationId, Number(to));
      return;
    }
    this.revs.set(conversationId, Number(to));
    for (const intended of intendedMoments(frame)) this.tally.message(intended, false);
  }

  private missing(conversationId: string, rev: number): void {
    if (rev <= (this.revs.get(conversationId) ?? 0)) return;
    const isWaiting = this.seen.has(conversationId);
    this.seen.set(conversationId, Math.max(rev, this.seen.get(conversationId) ?? 0));
    if (!isWaiting) void this.repair(conversationId);
  }

  private async repair(conversationId: string): Promise<void> {
    do {
      await pause(HOLE_MS + Math.random() * REPAIR_SPREAD_MS);
      const held = this.revs.get(conversationId) ?? 0;
      if ((this.seen.get(conversationId) ?? 0) <= held) break;
      // Seen while it comes back: the catch-up under way may have been read before.
      if (this.isSettled) await this.catchUp({ [conversationId]: held }).catch(() => undefined);
    } while (this.socket !== null);
    this.seen.delete(conversationId);
  }
}
