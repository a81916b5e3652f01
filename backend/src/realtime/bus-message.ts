import type { CarriedChanges, RoomFrame } from './room-frame.js';

/** Who is moved, and where: everybody in `from`, which is a person's or a session's room. */
export interface RoomMove {
  readonly kind: 'join' | 'leave' | 'close';
  readonly from: string;
  readonly rooms: readonly string[];
}

export type BusMessage =
  { readonly kind: 'frame'; readonly rooms: readonly string[]; readonly frame: RoomFrame } | RoomMove;

/** One line of JSON; after it, for a frame, the packet as it is. JSON holds no line break of its own. */
interface Head {
  readonly i: string;
  readonly k: BusMessage['kind'];
  readonly r: readonly string[];
  readonly u?: string;
  readonly m?: number;
  readonly v?: 1;
  /** When the commands arrived, for how long the delivery took. */
  readonly t?: readonly number[];
  readonly a?: string;
  readonly c?: readonly [conversationId: string, fromRev: number, toRev: number];
}

const LINE_BREAK = 0x0a;

export function encodeBusMessage(instanceId: string, message: BusMessage): Buffer {
  if (message.kind !== 'frame') {
    const head: Head = { i: instanceId, k: message.kind, r: message.rooms, u: message.from };
    return Buffer.from(`${JSON.stringify(head)}\n`);
  }
  const { packet, changes, membersRev, about, isVolatile, arrivals = [] } = message.frame;
  const head: Head = {
    i: instanceId,
    k: 'frame',
    r: message.rooms,
    ...(membersRev === undefined ? {} : { m: membersRev }),
    ...(about === undefined ? {} : { a: about }),
    ...(isVolatile === true ? { v: 1 } : {}),
    ...(arrivals.length === 0 ? {} : { t: arrivals }),
    ...(changes === undefined ? {} : { c: [changes.conversationId, changes.fromRev, changes.toRev] }),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), packet]);
}

/** `null` for what this instance has sent itself. Throws on what is no message of ours. */
export function decodeBusMessage(instanceId: string, bytes: Buffer): BusMessage | null {
  const end = bytes.indexOf(LINE_BREAK);
  const head = JSON.parse(bytes.toString('utf8', 0, end)) as Head;
  if (head.i === instanceId) return null;
  if (head.k !== 'frame') return { kind: head.k, from: head.u ?? '', rooms: head.r };
  return {
    kind: 'frame',
    rooms: head.r,
    frame: {
      packet: bytes.subarray(end + 1),
      ...(head.m === undefined ? {} : { membersRev: head.m }),
      ...(head.a === undefined ? {} : { about: head.a }),
      ...(head.v === undefined ? {} : { isVolatile: true }),
      ...(head.t === undefined ? {} : { arrivals: head.t }),
      ...(head.c === undefined ? {} : { changes: carried(head.c) }),
    },
  };
}

function carried([conversationId, fromRev, toRev]: NonNullable<Head['c']>): CarriedChanges {
  return { conversationId, fromRev, toRev };
}
