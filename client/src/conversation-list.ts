import type { ChangesEvent, Conversation, Message, ReadState, Receipt, SyncAnswer } from '@parley/protocol';
import { State, type Observable } from './observable.js';

/** The summaries of all conversations, latest activity first: a list for the eye, which no rule of sync rests on. */
export class ConversationList {
  private readonly byId = new Map<string, Conversation>();
  private readonly state = new State<readonly Conversation[]>([]);
  private scheduled = false;

  get snapshot(): Observable<readonly Conversation[]> {
    return this.state;
  }

  get(id: string): Conversation | undefined {
    return this.byId.get(id);
  }

  clear(): void {
    this.byId.clear();
    this.publish();
  }

  /** The server's word about a conversation. Its head never moves back: a change may have overtaken the answer. */
  upsert(incoming: Conversation): void {
    const held = this.byId.get(incoming.id);
    const behind = held !== undefined && held.lastRev > incoming.lastRev;
    this.byId.set(
      incoming.id,
      behind
        ? {
            ...incoming,
            lastRev: held.lastRev,
            lastSeq: held.lastSeq,
            lastMessage: held.lastMessage,
            updatedAt: held.updatedAt,
            me: { ...incoming.me, readSeq: Math.max(held.me.readSeq, incoming.me.readSeq) },
          }
        : incoming,
    );
    this.publish();
  }

  applySync({ conversations, removed }: SyncAnswer): void {
    for (const conversation of conversations) this.upsert(conversation);
    for (const id of removed) this.byId.delete(id);
    this.publish();
  }

  /** `false` where the held membership began after that removal: it is stale. */
  remove(id: string, rev: number): boolean {
    const held = this.byId.get(id);
    if (held && held.me.joinedRev > rev) return false;
    this.byId.delete(id);
    this.publish();
    return true;
  }

  /** What a change means for the summary. `false`: the conversation is unknown. */
  applyChanges(event: ChangesEvent, myId: string): boolean {
    const held = this.byId.get(event.conversationId);
    if (!held) return false;
    let next = held;
    for (const message of [...event.messages].sort((a, b) => a.seq - b.seq))
      next = withMessage(next, message, myId);
    this.byId.set(held.id, { ...next, lastRev: Math.max(next.lastRev, event.toRev) });
    this.publish();
    return true;
  }

  applyHead(id: string, rev: number): void {
    const held = this.byId.get(id);
    if (held && held.lastRev < rev) this.byId.set(id, { ...held, lastRev: rev });
  }

  /** The server's numbers always overwrite those that were counted here. */
  applyRead(id: string, read: ReadState): void {
    const held = this.byId.get(id);
    if (!held) return;
    const readSeq = Math.max(held.me.readSeq, read.readSeq);
    const all = readSeq >= held.lastSeq;
    this.byId.set(id, {
      ...held,
      me: {
        ...held.me,
        readSeq,
        unread: all ? 0 : read.unread,
        mentions: all ? 0 : held.me.mentions,
        markedUnread: false,
      },
    });
    this.publish();
  }

  applyOwnReceipt(id: string, { readSeq, deliveredSeq }: Receipt): void {
    const held = this.byId.get(id);
    if (!held || (held.me.readSeq >= readSeq && held.me.deliveredSeq >= deliveredSeq)) return;
    const all = readSeq >= held.lastSeq;
    this.byId.set(id, {
      ...held,
      me: {
        ...held.me,
        readSeq: Math.max(held.me.readSeq, readSeq),
        deliveredSeq: Math.max(held.me.deliveredSeq, deliveredSeq),
        unread: all ? 0 : held.me.unread,
        mentions: all ? 0 : held.me.mentions,
      },
    });
    this.publish();
  }

  /** One new list for all that one task changes: a frame may touch many conversations. */
  private publish(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.state.set(
        [...this.byId.values()].sort(
          (a, b) => b.updatedAt.localeCompare(a.updatedAt) || b.id.localeCompare(a.id),
        ),
      );
    });
  }
}

function withMessage(held: Conversation, message: Message, myId: string): Conversation {
  const isNew = message.seq > held.lastSeq;
  const isNewest = message.seq >= held.lastSeq && (held.lastMessage?.rev ?? 0) <= message.rev;
  if (!isNewest && !isNew) return held;
  const mine = message.senderId === myId;
  const counts = isNew && message.kind === 'text' && !mine && message.seq > held.me.readSeq;
  const mentions = counts && (message.mentionsAll || message.mentions.includes(myId));
  const { system } = message;
  return {
    ...held,
    ...(system?.type === 'title' ? { title: system.to } : {}),
    ...(system?.type === 'topic' ? { topic: system.to } : {}),
    ...(system?.type === 'visibility' && system.to !== null
      ? { visibility: system.to === 'public' ? ('public' as const) : ('private' as const) }
      : {}),
    lastSeq: Math.max(held.lastSeq, message.seq),
    lastMessage: message,
    updatedAt: isNew ? message.createdAt : held.updatedAt,
    me: {
      ...held.me,
      // Sending moves one's own pointer.
      ...(isNew && mine && message.kind === 'text'
        ? { readSeq: message.seq, unread: 0, mentions: 0, markedUnread: false }
        : {}),
      ...(counts ? { unread: held.me.unread + 1 } : {}),
      ...(mentions ? { mentions: held.me.mentions + 1 } : {}),
    },
  };
}
