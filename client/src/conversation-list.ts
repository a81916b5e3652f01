import type { ChangesEvent, Conversation, Message, ReadState, Receipt, SyncAnswer } from '@parley/protocol';
import { State, type Observable } from './observable.js';
import {
  adopt,
  applyChanges,
  applyHead,
  applyOwnReceipt,
  applyRead,
  readAhead,
  recount,
  type Summary,
} from './summary.js';

export interface ListHooks {
  readonly myId: () => string;
  /** The messages of a conversation that are at hand, seq ascending and without holes. */
  messagesOf: (id: string) => readonly Message[];
  /** The counts of a conversation can not be known from here. */
  doubtful: (id: string) => void;
}

/** The summaries of all conversations, latest activity first: a list for the eye, which no rule of sync rests on. */
export class ConversationList {
  private readonly byId = new Map<string, Summary>();
  private readonly state = new State<readonly Conversation[]>([]);
  /** The revs at which memberships ended, as long as none began again. */
  private readonly removedAt = new Map<string, number>();
  /** How often the server was asked, or told something by itself. */
  private asks = 0;
  /** What was asked for until then is of another history of the database, or another person's. */
  private forgottenAt = 0;
  /** When the last sync was asked for: of what it did not know, an earlier answer tells what is gone since. */
  private syncedAt = 0;
  private scheduled = false;

  constructor(private readonly hooks: ListHooks) {}

  get snapshot(): Observable<readonly Conversation[]> {
    return this.state;
  }

  get(id: string): Conversation | undefined {
    return this.byId.get(id)?.conversation;
  }

  ids(): string[] {
    return [...this.byId.keys()];
  }

  /** The rev up to which nothing of the conversation was missed. */
  knownRev(id: string): number | undefined {
    return this.byId.get(id)?.knownRev;
  }

  clear(): void {
    this.byId.clear();
    this.removedAt.clear();
    this.forgottenAt = this.asks;
    this.publish();
  }

  /** To be called before the server is asked, for `upsert`. */
  ask(): number {
    this.asks += 1;
    return this.asks;
  }

  /** The server's word about a conversation. One that was read before a removal may arrive after it: it is stale. */
  upsert(incoming: Conversation, askedAt = this.ask()): void {
    const held = this.byId.get(incoming.id);
    const isStale = askedAt <= this.forgottenAt || (!held && askedAt < this.syncedAt);
    if (isStale || incoming.me.joinedRev <= (this.removedAt.get(incoming.id) ?? -1)) return;
    this.removedAt.delete(incoming.id);
    const next = adopt(held, incoming, askedAt);
    if (next !== held) this.set(next, { isServersWord: true });
  }

  applySync({ conversations, removed }: SyncAnswer, askedAt: number): void {
    this.syncedAt = askedAt;
    for (const conversation of conversations) this.upsert(conversation, askedAt);
    this.drop(removed);
  }

  /** Conversations that the server no longer counts among this person's. */
  drop(ids: Iterable<string>): void {
    for (const id of ids) this.byId.delete(id);
    this.publish();
  }

  /** `false` where the held membership began after that removal: it is stale. */
  remove(id: string, rev: number): boolean {
    const held = this.get(id);
    if (held && held.me.joinedRev > rev) return false;
    this.byId.delete(id);
    this.removedAt.set(id, rev);
    this.publish();
    return true;
  }

  /** What a change means for the summary. `false`: the conversation is unknown. */
  applyChanges(event: ChangesEvent): boolean {
    return this.change(event.conversationId, (held) => applyChanges(held, event, this.hooks.myId()));
  }

  applyHead(id: string, rev: number): void {
    this.change(id, (held) => applyHead(held, rev));
  }

  applyRead(id: string, read: ReadState): void {
    this.change(id, (held) => applyRead(held, read));
  }

  applyOwnReceipt(id: string, receipt: Receipt): void {
    this.change(id, (held) => applyOwnReceipt(held, receipt));
  }

  /** Shows everything up to `seq` as read before the server has said so. */
  readAhead(id: string, seq: number): void {
    this.change(id, (held) => readAhead(held, seq));
  }

  private change(id: string, how: (held: Summary) => Summary): boolean {
    const held = this.byId.get(id);
    if (!held) return false;
    const next = how(held);
    if (next !== held) this.set(next, { isServersWord: false });
    return true;
  }

  private set(summary: Summary, { isServersWord }: { isServersWord: boolean }): void {
    const { id } = summary.conversation;
    const settled = summary.isDoubtful
      ? recount(summary, this.hooks.messagesOf(id), this.hooks.myId())
      : summary;
    this.byId.set(id, settled ?? summary);
    // What the server has just said can only be behind what it is being told: the answer to that comes.
    if (!settled && !isServersWord) this.hooks.doubtful(id);
    this.publish();
  }

  /** One new list for all that one task changes: a frame may touch many conversations. */
  private publish(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.state.set([...this.byId.values()].map(({ conversation }) => conversation).sort(byActivity));
    });
  }
}

/** ISO 8601 texts of one length compare like the times they name, and faster than any locale does. */
function byActivity(a: Conversation, b: Conversation): number {
  if (a.updatedAt !== b.updatedAt) return a.updatedAt < b.updatedAt ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}
