import type { ChangesEvent, EventName, ServerEvents } from '@parley/protocol';

/** Which piece of a log a frame carries. */
export type CarriedChanges = Pick<ChangesEvent, 'conversationId' | 'fromRev' | 'toRev'>;

/** An event as it is written to sockets and to the bus: encoded once, wherever it goes. */
export interface RoomFrame {
  /** The Engine.IO packet: `4` (a message), `2` (a Socket.IO event), and the event as JSON. */
  readonly packet: Buffer;
  /** What is in it where it is a piece of a log. */
  readonly changes?: CarriedChanges;
  /** The rev of the last removal before what is published; absent where it has no number. */
  readonly membersRev?: number;
  /** When the commands arrived that made messages in it; empty where that is not known. */
  readonly arrivals?: readonly number[];
  /** The conversation that it shows to a person who is in it: nothing for somebody who is out again when it arrives. */
  readonly about?: string;
  /** Worth nothing later: a socket that is busy does not get it. */
  readonly isVolatile?: boolean;
}

const ENGINE_MESSAGE = '4';
const SOCKET_EVENT = '2';

export function frameOf<E extends EventName>(
  event: E,
  payload: ServerEvents[E],
  more: Omit<RoomFrame, 'packet'> = {},
): RoomFrame {
  return {
    packet: Buffer.from(`${ENGINE_MESSAGE}${SOCKET_EVENT}${JSON.stringify([event, payload])}`),
    ...more,
  };
}

const TEXT_FRAME = 0x81;
/** Up to these, the length stands in 7 and in 16 bits. */
const SHORT_MAX = 125;
const MEDIUM_MAX = 0xffff;

/** The frame of RFC 6455 that a server sends: final, text, not masked; head and packet in one piece. */
export function webSocketFrame(packet: Buffer): Buffer {
  const { length } = packet;
  const head =
    length <= SHORT_MAX
      ? Buffer.from([TEXT_FRAME, length])
      : length <= MEDIUM_MAX
        ? Buffer.from([TEXT_FRAME, 126, length >> 8, length & 0xff])
        : longHead(length);
  return Buffer.concat([head, packet]);
}

function longHead(length: number): Buffer {
  const head = Buffer.alloc(10);
  head[0] = TEXT_FRAME;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
