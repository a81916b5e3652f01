import type { ChangesEvent, Conversation, Message, ReadState, Receipt } from '@parley/protocol';

/** What system messages change, beside who is a member. */
type Said = 'title' | 'topic' | 'visibility' | 'role';

/** The server's last word, by what tells it from an older one. Each of the first three only grows. */
interface Word {
  readonly rev: number;
  readonly readSeq: number;
  readonly deliveredSeq: number;
  /** When it was asked for, or came by itself, in an order of this client's own. */
  readonly askedAt: number;
}

interface Counted {
  readonly rev: number;
  readonly mentionsMe: boolean;
}

/**
 * A conversation as a list shows it, with what its counts rest on. Messages are counted by their seq, so that one
 * that comes twice, late or out of order counts once.
 */
export interface Summary {
  readonly conversation: Conversation;
  readonly word: Word;
  /** What the last word says of the counts: those of the messages up to `seq`, for a pointer at `readSeq`. */
  readonly base: {
    readonly seq: number;
    readonly readSeq: number;
    readonly unread: number;
    readonly mentions: number;
  };
  /** Up to there nothing was missed; what `lastRev` of the conversation names may lie beyond a hole. */
  readonly knownRev: number;
  /** The seq of the message that said last what each is: a later word may come first. */
  readonly saidAt: Readonly<Record<Said, number>>;
  /** What came above `base.seq` and counts, by its seq. */
  readonly counted: ReadonlyMap<number, Counted>;
  /** The counts can not be known from here; the server must be asked. */
  readonly isDoubtful: boolean;
}

/**
 * The server's word. What came here and is not in it yet is kept, and counted on top; a word that is older than
 * the last one tells nothing.
 */
export function adopt(held: Summary | undefined, incoming: Conversation, askedAt: number): Summary {
  const { lastSeq: now, lastRev: knownRev, me } = incoming;
  const { readSeq, deliveredSeq, unread, mentions } = me;
  const word = { rev: knownRev, readSeq, deliveredSeq, askedAt };
  const base = { seq: now, readSeq, unread, mentions };
  const said = { title: now, topic: now, visibility: now, role: now };
  if (!held)
    return {
      conversation: incoming,
      word,
      base,
      knownRev,
      saidAt: said,
      counted: new Map(),
      isDoubtful: false,
    };
  if (isOlder(word, held.word)) return held;
  const known = held.conversation;
  const { lastSeq, lastRev, lastMessage, updatedAt } = known;
  const { saidAt } = held;
  const isLastHeld =
    lastSeq > now || (lastSeq === now && (lastMessage?.rev ?? 0) > (incoming.lastMessage?.rev ?? 0));
  return counting({
    conversation: {
      ...incoming,
      // A change may have overtaken this answer, and not have told all that it tells: the head never moves back.
      ...(isLastHeld ? { lastSeq, lastMessage, updatedAt } : {}),
      lastRev: Math.max(lastRev, knownRev),
      ...(saidAt.title > now ? { title: known.title } : {}),
      ...(saidAt.topic > now ? { topic: known.topic } : {}),
      ...(saidAt.visibility > now ? { visibility: known.visibility } : {}),
      me: {
        ...me,
        ...(saidAt.role > now ? { role: known.me.role } : {}),
        readSeq: Math.max(known.me.readSeq, readSeq),
        deliveredSeq: Math.max(known.me.deliveredSeq, deliveredSeq),
      },
    },
    word,
    base,
    knownRev: Math.max(held.knownRev, knownRev),
    saidAt: {
      title: Math.max(saidAt.title, now),
      topic: Math.max(saidAt.topic, now),
      visibility: Math.max(saidAt.visibility, now),
      role: Math.max(saidAt.role, now),
    },
    counted: new Map([...held.counted].filter(([seq]) => seq > now)),
    isDoubtful: false,
  });
}

/**
 * Settings have no number. Of two words that differ in nothing else, the one that was asked for later is the newer;
 * where they crossed, that is not certain, and the event of the later setting puts it right.
 */
function isOlder(word: Word, than: Word): boolean {
  const ahead =
    word.rev - than.rev ||
    word.readSeq - than.readSeq ||
    word.deliveredSeq - than.deliveredSeq ||
    word.askedAt - than.askedAt;
  return ahead < 0;
}

export function applyChanges(held: Summary, event: ChangesEvent, myId: string): Summary {
  let next = held;
  for (const message of [...event.messages].sort((a, b) => a.seq - b.seq))
    next = withMessage(next, message, myId);
  if (next !== held) next = counting(next);
  if (event.fromRev <= held.knownRev && event.toRev > held.knownRev)
    next = { ...next, knownRev: event.toRev };
  return applyHead(next, event.toRev);
}

export function applyHead(held: Summary, rev: number): Summary {
  if (held.conversation.lastRev >= rev) return held;
  return { ...held, conversation: { ...held.conversation, lastRev: rev } };
}

/**
 * The answer to a move of the read pointer. It does not say up to which message it counts, so where the pointer
 * stops in the middle of what the server had counted, it is a guess until the next word. Nor does it say whether
 * it came before a mark that is held: `readAhead` took away the one that this move was to take away.
 */
export function applyRead(held: Summary, { readSeq, unread }: ReadState): Summary {
  const isDoubtful = held.isDoubtful || held.conversation.me.markedUnread;
  const moved = { ...withPointers(held, readSeq, 0), isDoubtful };
  const isExact = readSeq < moved.conversation.me.readSeq || readSeq >= held.base.seq;
  if (isExact) return counting(moved);
  return counting({ ...moved, base: { ...held.base, unread: Math.max(0, unread - held.counted.size) } });
}

/** Counts anew from the messages themselves; `null` where some are not at hand, or where the mark is what is doubtful. */
export function recount(held: Summary, messages: readonly Message[], myId: string): Summary | null {
  const { readSeq, markedUnread } = held.conversation.me;
  if (markedUnread) return null;
  const [first] = messages;
  const last = messages.at(-1);
  if (!first || !last || first.seq > readSeq + 1 || last.seq < held.base.seq) return null;
  const { base } = held;
  const unread = messages
    .filter(({ seq, kind, senderId }) => seq > readSeq && kind === 'text' && senderId !== myId)
    .map((message) => [message.seq, toCounted(message, myId)] as const);
  const told = unread.filter(([seq]) => seq <= base.seq);
  return counting({
    ...held,
    base: {
      seq: base.seq,
      readSeq,
      unread: told.length,
      mentions: told.filter(([, { mentionsMe }]) => mentionsMe).length,
    },
    // Above the server's word they stay apart: the next one may not know of all of them.
    counted: new Map([
      ...unread.filter(([seq]) => seq > base.seq),
      ...[...held.counted].filter(([seq]) => seq > last.seq),
    ]),
    isDoubtful: false,
  });
}

/** One's own pointers as another device moved them. */
export function applyOwnReceipt(held: Summary, { readSeq, deliveredSeq }: Receipt): Summary {
  const { me } = held.conversation;
  // A mark is taken away by reading, which need not move the pointer.
  const isDoubtful = held.isDoubtful || me.markedUnread;
  if (me.readSeq >= readSeq && me.deliveredSeq >= deliveredSeq) return { ...held, isDoubtful };
  return counting({ ...withPointers(held, readSeq, deliveredSeq), isDoubtful });
}

/** Shown as read at once; the server's answer follows. */
export function readAhead(held: Summary, seq: number): Summary {
  return counting(withPointers({ ...held, conversation: withoutMark(held.conversation) }, seq, 0));
}

function counting(summary: Summary): Summary {
  const { base, conversation } = summary;
  const { readSeq } = conversation.me;
  const above = [...summary.counted].filter(([seq]) => seq > readSeq);
  let unread = above.length;
  let mentions = above.filter(([, { mentionsMe }]) => mentionsMe).length;
  if (readSeq < base.seq) {
    unread += base.unread;
    mentions += base.mentions;
  }
  return {
    ...summary,
    conversation: { ...conversation, me: { ...conversation.me, unread, mentions } },
    // The pointer stopped in the middle of what the server had counted: how many are above it is not known here.
    isDoubtful: summary.isDoubtful || (readSeq > base.readSeq && readSeq < base.seq),
    counted: above.length === summary.counted.size ? summary.counted : new Map(above),
  };
}

function withPointers(held: Summary, readSeq: number, deliveredSeq: number): Summary {
  const { me } = held.conversation;
  return {
    ...held,
    conversation: {
      ...held.conversation,
      me: {
        ...me,
        readSeq: Math.max(me.readSeq, readSeq),
        deliveredSeq: Math.max(me.deliveredSeq, deliveredSeq, readSeq),
      },
    },
  };
}

function withoutMark(conversation: Conversation): Conversation {
  return { ...conversation, me: { ...conversation.me, markedUnread: false } };
}

function withMessage(held: Summary, message: Message, myId: string): Summary {
  const next = withSystem(counted(held, message, myId), message, myId);
  const { lastSeq, lastMessage, updatedAt } = next.conversation;
  const isNew = message.seq > lastSeq;
  if (!isNew && (message.seq < lastSeq || message.rev <= (lastMessage?.rev ?? 0))) return next;
  return {
    ...next,
    conversation: {
      ...next.conversation,
      lastSeq: message.seq,
      lastMessage: message,
      updatedAt: isNew ? message.createdAt : updatedAt,
    },
  };
}

function counted(held: Summary, message: Message, myId: string): Summary {
  if (message.kind !== 'text') return held;
  // Sending moves one's own pointer.
  if (message.senderId === myId) {
    return message.seq > held.conversation.me.readSeq
      ? withPointers({ ...held, conversation: withoutMark(held.conversation) }, message.seq, 0)
      : held;
  }
  if (message.seq <= held.conversation.me.readSeq) return held;
  const now = toCounted(message, myId);
  const { base, word } = held;
  if (message.seq <= base.seq) {
    // An edit or a delete may have changed whom it mentions, which was counted before.
    const isChanged = message.rev > word.rev && (message.editedAt !== null || message.deletedAt !== null);
    return isChanged && (now.mentionsMe || base.mentions > 0) ? { ...held, isDoubtful: true } : held;
  }
  if ((held.counted.get(message.seq)?.rev ?? 0) >= message.rev) return held;
  return { ...held, counted: new Map(held.counted).set(message.seq, now) };
}

function toCounted({ rev, mentionsAll, mentions }: Message, myId: string): Counted {
  return { rev, mentionsMe: mentionsAll || mentions.includes(myId) };
}

/** What a message says about the conversation itself. */
function withSystem(held: Summary, message: Message, myId: string): Summary {
  const { system, seq } = message;
  const say = (what: Said, change: Partial<Conversation>): Summary =>
    seq <= held.saidAt[what]
      ? held
      : {
          ...held,
          conversation: { ...held.conversation, ...change },
          saidAt: { ...held.saidAt, [what]: seq },
        };
  switch (system?.type) {
    case 'title':
      return say('title', { title: system.to });
    case 'topic':
      return say('topic', { topic: system.to });
    case 'visibility':
      return say('visibility', { visibility: system.to === 'public' ? 'public' : 'private' });
    case 'role':
      return system.userId === myId
        ? say('role', { me: { ...held.conversation.me, role: system.to } })
        : held;
    default:
      return held;
  }
}
