import type { EventName, ServerEvents, ServerToClientEvents, SessionEndedEvent } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Metrics } from '../infra/metrics/metrics.js';
import type { DisconnectReason } from '../infra/metrics/socket-metrics.js';
import { BusChannels } from '../infra/redis/bus-channels.js';
import { isBusy } from './buffered-bytes.js';
import type { RealtimeServer, RealtimeSocket } from './realtime-socket.js';
import { conversationOfRoom, conversationRoom, kindOfRoom, sessionRoom, userRoom } from './rooms.js';

/** `setTimeout` counts in 31 bits; a longer life of a token is waited for in parts. */
const TIMER_MAX_MS = 2_000_000_000;

/** What is told of a socket that came or went. */
export interface SocketMoved {
  readonly socketId: string;
  readonly userId: string;
}
type SocketObserver = (moved: SocketMoved) => void;

/** The sockets of this instance. Everything here is local, and works with Redis down. */
@Injectable()
export class LocalSockets {
  private server: RealtimeServer | undefined;
  private readonly openedObservers: SocketObserver[] = [];
  private readonly closedObservers: SocketObserver[] = [];
  /** How many sockets here each has: sweeps ask for all of them every few seconds. */
  private readonly users = new Map<string, number>();
  private readonly sessions = new Map<string, number>();

  constructor(
    private readonly metrics: Metrics,
    private readonly channels: BusChannels,
  ) {}

  /** Observers must not throw; they are called after the socket came, and after it went. */
  observe(observer: { opened: SocketObserver; closed: SocketObserver }): void {
    this.openedObservers.push(observer.opened);
    this.closedObservers.push(observer.closed);
  }

  attach(server: RealtimeServer): void {
    this.server = server;
    const { adapter } = server.of('/');
    adapter.on('create-room', (room: string) => {
      this.countRoom(room, 1);
    });
    adapter.on('delete-room', (room: string) => {
      this.countRoom(room, -1);
    });
  }

  all(): RealtimeSocket[] {
    return this.server ? [...this.server.of('/').sockets.values()] : [];
  }

  /** One after the other; who comes meanwhile comes too, and who went does not. */
  each(): Iterator<RealtimeSocket> {
    return this.server?.of('/').sockets.values() ?? [].values();
  }

  count(): number {
    return this.server?.of('/').sockets.size ?? 0;
  }

  has(socketId: string): boolean {
    return this.server?.of('/').sockets.has(socketId) ?? false;
  }

  /** So much waits for the socket that what is worth nothing later is not to be added. */
  isBusy(socketId: string): boolean {
    const socket = this.server?.of('/').sockets.get(socketId);
    return socket !== undefined && isBusy(socket.conn);
  }

  isJoined(socketId: string, conversationId: string): boolean {
    return this.server?.of('/').sockets.get(socketId)?.rooms.has(conversationRoom(conversationId)) ?? false;
  }

  isConnected(userId: string): boolean {
    return this.rooms()?.has(userRoom(userId)) ?? false;
  }

  /** People with at least one socket here. */
  userIds(): string[] {
    return [...this.users.keys()];
  }

  /** Sessions with at least one socket here. */
  sessionIds(): string[] {
    return [...this.sessions.keys()];
  }

  /** Conversations with at least one socket here. */
  conversationIds(): string[] {
    const rooms = this.rooms();
    return rooms ? [...rooms.keys()].map(conversationOfRoom).filter((id) => id !== null) : [];
  }

  /** Conversations that the person's sockets here are joined to. */
  conversationIdsOf(userId: string): string[] {
    const ids = new Set<string>();
    for (const socketId of this.rooms()?.get(userRoom(userId)) ?? []) {
      for (const room of this.server?.of('/').sockets.get(socketId)?.rooms ?? []) {
        const conversationId = conversationOfRoom(room);
        if (conversationId !== null) ids.add(conversationId);
      }
    }
    return [...ids];
  }

  /** Sockets here that are joined to the conversation. */
  inConversation(conversationId: string): RealtimeSocket[] {
    const sockets = this.server?.of('/').sockets;
    const socketIds = this.rooms()?.get(conversationRoom(conversationId)) ?? [];
    return [...socketIds].flatMap((id) => sockets?.get(id) ?? []);
  }

  holdsConversation(conversationId: string): boolean {
    return this.rooms()?.has(conversationRoom(conversationId)) ?? false;
  }

  joinUser(userId: string, conversationId: string): void {
    this.server?.local.in(userRoom(userId)).socketsJoin(conversationRoom(conversationId));
  }

  leaveUser(userId: string, conversationId: string): void {
    this.server?.local.in(userRoom(userId)).socketsLeave(conversationRoom(conversationId));
  }

  /** One socket, for `sync`, which joins before it reads heads. Resolves when the other instances are heard there too. */
  async joinSocket(socketId: string, conversationIds: readonly string[]): Promise<void> {
    await this.server?.of('/').sockets.get(socketId)?.join(conversationIds.map(conversationRoom));
    await this.channels.settled();
  }

  isHere(socketId: string): boolean {
    return this.server?.of('/').sockets.has(socketId) ?? false;
  }

  /** Whether the socket hears all of the conversations already, at least from this instance. */
  isInRooms(socketId: string, conversationIds: readonly string[]): boolean {
    const rooms = this.server?.of('/').sockets.get(socketId)?.rooms;
    return rooms !== undefined && conversationIds.every((id) => rooms.has(conversationRoom(id)));
  }

  /** To every socket here, encoded once. */
  tellAll<E extends EventName>(event: E, payload: ServerEvents[E]): void {
    this.server?.local.emit(event, ...([payload] as Parameters<ServerToClientEvents[E]>));
  }

  /** Tells the session's sockets here why, and closes them. */
  endSession(sessionId: string, reason: SessionEndedEvent['reason']): void {
    const server = this.server;
    if (!server) return;
    server.local.to(sessionRoom(sessionId)).emit('session:ended', { reason });
    server.local.in(sessionRoom(sessionId)).disconnectSockets(true);
  }

  /** Ends the socket when its access token expires, unless it is called again with a later time. */
  expireAt(socket: RealtimeSocket, expiresAt: number): void {
    clearTimeout(socket.data.expiryTimer);
    const remaining = Math.max(0, expiresAt - Date.now());
    socket.data.expiryTimer = setTimeout(
      () => {
        if (remaining > TIMER_MAX_MS) {
          this.expireAt(socket, expiresAt);
          return;
        }
        socket.data.closing = 'expired';
        socket.emit('session:ended', { reason: 'expired' });
        socket.disconnect(true);
      },
      Math.min(remaining, TIMER_MAX_MS),
    );
    socket.data.expiryTimer.unref();
  }

  /** `auth:refresh`: the same session has a newer token. */
  extend(socketId: string, expiresAt: number): void {
    const socket = this.server?.of('/').sockets.get(socketId);
    if (socket) this.expireAt(socket, expiresAt);
  }

  opened(socket: RealtimeSocket): void {
    this.countOwner(socket, 1);
    this.metrics.connections.set(this.count());
    for (const tell of this.openedObservers) tell(movedBy(socket));
  }

  closed(socket: RealtimeSocket, reason: DisconnectReason): void {
    this.metrics.sockets.disconnects.inc({ reason });
    clearTimeout(socket.data.expiryTimer);
    this.countOwner(socket, -1);
    this.metrics.connections.set(this.count());
    for (const tell of this.closedObservers) tell(movedBy(socket));
  }

  private countOwner({ data: { identity } }: RealtimeSocket, change: 1 | -1): void {
    countKey(this.users, identity.userId, change);
    countKey(this.sessions, identity.sessionId, change);
  }

  private countRoom(room: string, change: 1 | -1): void {
    const kind = kindOfRoom(room);
    if (kind !== null) this.metrics.sockets.rooms.inc({ kind }, change);
  }

  private rooms(): Map<string, Set<string>> | undefined {
    return this.server?.of('/').adapter.rooms;
  }
}

function countKey(counts: Map<string, number>, key: string, change: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

function movedBy(socket: RealtimeSocket): SocketMoved {
  return { socketId: socket.id, userId: socket.data.identity.userId };
}
