import { createHash } from 'node:crypto';
import type { Message } from '@parley/protocol';
import type { Seen } from './entries.js';

/** 60 bits: a run compares some millions of digests, and an accidental match hides a difference, never invents one. */
const DIGEST_CHARACTERS = 15;

function digest(text: string): string {
  return createHash('sha1').update(text).digest('hex').slice(0, DIGEST_CHARACTERS);
}

export interface Core {
  kind: string;
  senderId: string;
  clientMessageId: string | null;
  text: string;
  edited: boolean;
  deleted: boolean;
  replyToId: string | null;
  threadRootId: string | null;
}

/** Of what both the wire and a row of the database tell. */
export function digestCore(core: Core): string {
  return digest(
    JSON.stringify([
      core.kind,
      core.senderId,
      core.clientMessageId,
      core.text,
      core.edited,
      core.deleted,
      core.replyToId,
      core.threadRootId,
    ]),
  );
}

/** Keys sorted, `mine` left out: it stands only in answers made for one reader. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value)
    .filter(([key]) => key !== 'mine')
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, inner]) => [key, canonical(inner)] as const);
  return Object.fromEntries(entries);
}

/** Strings that come again and again are kept once: a run holds millions of them. */
const known = new Map<string, string>();
export function intern(text: string): string {
  const held = known.get(text);
  if (held !== undefined) return held;
  known.set(text, text);
  return text;
}

/** `undefined` where nobody is mentioned, as with nearly every message. */
export function mentionsOf(ids: readonly string[], everybody: boolean): readonly string[] | undefined {
  if (ids.length === 0 && !everybody) return undefined;
  return [...ids.map(intern), ...(everybody ? ['*'] : [])];
}

export function seenOf(message: Message): Seen {
  const mentions = mentionsOf(message.mentions, message.mentionsAll);
  return {
    id: intern(message.id),
    seq: message.seq,
    rev: message.rev,
    core: intern(
      digestCore({
        kind: message.kind,
        senderId: message.senderId,
        clientMessageId: message.clientMessageId,
        text: message.text,
        edited: message.editedAt !== null,
        deleted: message.deletedAt !== null,
        replyToId: message.replyToId,
        threadRootId: message.threadRootId,
      }),
    ),
    full: intern(digest(JSON.stringify(canonical(message)))),
    sender: intern(message.senderId),
    clientMessageId: message.clientMessageId === null ? null : intern(message.clientMessageId),
    kind: message.kind,
    ...(mentions === undefined ? {} : { mentions }),
  };
}
