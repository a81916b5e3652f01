import type { Message } from '@parley/protocol';

/**
 * Bytes of messages in one frame. A socket is cut when 1 MiB waits for it, so what is written at once must be small
 * beside that; a frame of 64 KiB costs a slow phone half a second, and its head nothing that counts.
 */
const PIECE_BYTES_MAX = 64 * 1024;

/** A message as JSON, without its text and lists: ids, times and names of fields. */
const MESSAGE_BYTES = 512;
/** A UUID in a list. */
const ID_BYTES = 39;
/** A file with its links. */
const ATTACHMENT_BYTES = 1_024;

/** A part of a log: the messages in it by ascending rev. */
export interface Piece {
  readonly fromRev: number;
  readonly toRev: number;
  readonly messages: Message[];
  readonly bytes: number;
}

/**
 * The same part of a log in pieces that follow each other, each small enough for a frame; one message is never split.
 * A message stands at its newest rev, so a piece may end after any of them; those that stand above `toRev`, since they
 * were touched again, go with the last piece.
 */
export function contiguousPieces(fromRev: number, toRev: number, messages: readonly Message[]): Piece[] {
  const pieces: Piece[] = [];
  let from = fromRev;
  let held: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    const more = bytesOf(message);
    const last = held.at(-1);
    if (last && last.rev < toRev && bytes + more > PIECE_BYTES_MAX) {
      pieces.push({ fromRev: from, toRev: last.rev, messages: held, bytes });
      from = last.rev;
      held = [];
      bytes = 0;
    }
    held.push(message);
    bytes += more;
  }
  return [...pieces, { fromRev: from, toRev, messages: held, bytes }];
}

/** About the length of its JSON: encoding it just to measure would cost as much as sending it. */
function bytesOf({ text, reactions, attachments, mentions }: Message): number {
  let bytes = MESSAGE_BYTES + Buffer.byteLength(text);
  bytes += attachments.length * ATTACHMENT_BYTES + mentions.length * ID_BYTES;
  for (const { userIds } of reactions) bytes += MESSAGE_BYTES / 4 + userIds.length * ID_BYTES;
  return bytes;
}
