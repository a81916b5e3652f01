import type { ClientToServerEvents, ServerToClientEvents } from '@parley/protocol';
import type { DisconnectReason } from '../infra/metrics/socket-metrics.js';
import type { DefaultEventsMap, Server, Socket } from 'socket.io';

/** What the handshake proved. */
export interface SocketIdentity {
  readonly userId: string;
  readonly sessionId: string;
  /** Milliseconds since 1970 at which the access token expires. */
  readonly expiresAt: number;
}

export interface SocketData {
  identity: SocketIdentity;
  /** Resolves once the socket is in its rooms and `ready` was sent: commands wait for it. */
  ready: Promise<void>;
  /** Commands that are not answered yet. */
  inFlight: number;
  expiryTimer?: NodeJS.Timeout;
  /** Why this instance closes it; absent where it does not, or a session ended. */
  closing?: DisconnectReason;
}

/** Between instances nothing is sent but broadcasts and room changes. */
type NoInterServerEvents = DefaultEventsMap;

export type RealtimeServer = Server<
  ClientToServerEvents,
  ServerToClientEvents,
  NoInterServerEvents,
  SocketData
>;
export type RealtimeSocket = Socket<
  ClientToServerEvents,
  ServerToClientEvents,
  NoInterServerEvents,
  SocketData
>;
