import type { RealtimeSocket } from './realtime-socket.js';

type EngineConnection = RealtimeSocket['conn'];

/** What Engine.IO holds behind its typings: packets that wait for the transport, and the WebSocket in it. */
interface Waiting {
  readonly data?: string | Buffer;
}
interface WebSocketLike {
  readonly bufferedAmount: number;
  terminate: () => void;
}

/** Bytes that wait in this process for a connection whose other end does not read. */
export function bufferedBytes(connection: EngineConnection): number {
  const waiting = (Reflect.get(connection, 'writeBuffer') ?? []) as readonly Waiting[];
  let bytes = webSocketOf(connection)?.bufferedAmount ?? 0;
  // Letters count as one byte each: this is a cap, not an account.
  for (const { data } of waiting) bytes += data?.length ?? 0;
  return bytes;
}

/** A socket with more than this waiting is not told what is worth nothing later. */
const VOLATILE_BUFFERED_MAX = 65_536;

/** By bytes alone: `writable` is false for a moment after each packet, also to a reader who is quick. */
export function isBusy(connection: EngineConnection): boolean {
  return bufferedBytes(connection) > VOLATILE_BUFFERED_MAX;
}

/** Ends the connection without a goodbye, which would wait behind all that is not read; what was read of it is dropped. */
export function terminate(connection: EngineConnection): void {
  webSocketOf(connection)?.terminate();
  connection.close(true);
}

/** A transport by long polling has none. */
function webSocketOf({ transport }: EngineConnection): WebSocketLike | undefined {
  return transport.name === 'websocket'
    ? (Reflect.get(transport, 'socket') as WebSocketLike | undefined)
    : undefined;
}
