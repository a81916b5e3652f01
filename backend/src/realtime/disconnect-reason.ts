import type { DisconnectReason as SocketReason } from 'socket.io';
import type { DisconnectReason } from '../infra/metrics/socket-metrics.js';

const REASONS: Readonly<Partial<Record<SocketReason, DisconnectReason>>> = {
  'client namespace disconnect': 'client',
  'transport close': 'connection_closed',
  'transport error': 'connection_error',
  'ping timeout': 'ping_timeout',
  'parse error': 'unreadable',
  // What this instance closes for another reason says so itself.
  'server namespace disconnect': 'session_ended',
  'server shutting down': 'draining',
};

/** Why a socket went, as a label: what this instance had decided, else what Socket.IO saw. */
export function disconnectReason(
  seen: SocketReason,
  decided: DisconnectReason | undefined,
): DisconnectReason {
  return decided ?? REASONS[seen] ?? 'other';
}
