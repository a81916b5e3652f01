import type { Duplex } from 'node:stream';
import type { RealtimeSocket } from './realtime-socket.js';

type EngineConnection = RealtimeSocket['conn'];

/** What stands behind the typings of Engine.IO and ws. */
interface Below {
  readonly readyState: number;
  readonly _socket: Duplex | undefined;
}
const OPEN = 1;

/**
 * Writes a WebSocket frame to the connection's TCP socket, without the packet object and the six events that Engine.IO
 * makes for each. That keeps the order: with compression off, Engine.IO hands a packet to TCP before its `write` returns,
 * unless one waits in its own buffer. Then, and where the transport is another, the answer is false and nothing is written.
 */
export function writeFrame(connection: EngineConnection, frame: Buffer): boolean {
  const { transport, readyState } = connection;
  if (readyState !== 'open' || transport.name !== 'websocket' || waits(connection)) return false;
  const webSocket = Reflect.get(transport, 'socket') as Below | undefined;
  if (webSocket?.readyState !== OPEN || !webSocket._socket) return false;
  webSocket._socket.write(frame);
  return true;
}

function waits(connection: EngineConnection): boolean {
  const waiting: unknown = Reflect.get(connection, 'writeBuffer');
  return !Array.isArray(waiting) || waiting.length > 0;
}
