import type {
  ChangesEvent,
  EventName,
  ServerEvents,
  ServerToClientEvents,
  SessionEndedEvent,
} from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Metrics } from '../infra/metrics/metrics.js';
import { FrameMerger } from './frame-merger.js';
import type { RealtimeServer } from './realtime-socket.js';
import { conversationRoom, sessionRoom, userRoom } from './rooms.js';

/**
 * Sends events to people. Nothing here throws, waits or answers: an event that does not arrive is found missing
 * by `rev`, or by the sweeps over PostgreSQL. With Redis down the sockets of this instance still get it at once.
 */
@Injectable()
export class Publisher {
  private server: RealtimeServer | undefined;
  private readonly merger: FrameMerger;

  constructor(metrics: Metrics) {
    this.merger = new FrameMerger(
      (membersRev, changes) => {
        this.emitChanges({ membersRev }, changes);
      },
      (id) => this.server?.of('/').adapter.rooms.get(conversationRoom(id))?.size ?? 0,
      (messages) => {
        metrics.messagesPerFrame.observe(messages);
      },
    );
  }

  attach(server: RealtimeServer): void {
    this.server = server;
  }

  /**
   * A piece of the log, to all members that are connected, on every instance. An instance that has not applied the
   * removal at `membersRev` reads the members before it delivers: nobody gets what was written after they were removed.
   * In a busy conversation it waits for at most 25 ms, to share a frame with what follows.
   */
  changes(membersRev: number, changes: ChangesEvent): void {
    this.merger.add(membersRev, changes);
  }

  /** Publishes what waits to share a frame. */
  flush(): void {
    this.merger.flushAll();
  }

  /** As `changes`, to members connected to this instance: repairs, which every instance makes for itself. */
  changesLocally(membersRev: number, changes: ChangesEvent): void {
    this.emitChanges({ membersRev, local: true }, changes);
  }

  /** What has no number, to all members that are connected, on every instance; the same frame for everyone. */
  toConversation<E extends EventName>(conversationId: string, event: E, payload: ServerEvents[E]): void {
    this.emit(this.server?.to(conversationRoom(conversationId)), event, payload);
  }

  /** To everybody in any of the conversations, and to these people: each socket once, however many it shares. */
  toConversations<E extends EventName>(
    conversationIds: readonly string[],
    userIds: readonly string[],
    event: E,
    payload: ServerEvents[E],
  ): void {
    const rooms = [...conversationIds.map(conversationRoom), ...userIds.map(userRoom)];
    // Without a room it would go to everybody.
    if (rooms.length > 0) this.emit(this.server?.to(rooms), event, payload);
  }

  /** To members connected to this instance. */
  toLocalConversation<E extends EventName>(conversationId: string, event: E, payload: ServerEvents[E]): void {
    this.emit(this.server?.local.to(conversationRoom(conversationId)), event, payload);
  }

  /** As `toConversation`, but dropped for a socket that is busy: for what is worth nothing later (typing). */
  toConversationVolatile<E extends EventName>(
    conversationId: string,
    event: E,
    payload: ServerEvents[E],
  ): void {
    this.emit(this.server?.volatile.to(conversationRoom(conversationId)), event, payload);
  }

  /** To all sockets of a person, on every instance. */
  toUser<E extends EventName>(userId: string, event: E, payload: ServerEvents[E]): void {
    this.emit(this.server?.to(userRoom(userId)), event, payload);
  }

  /** To all sockets of a member, what shows the conversation to them: nothing where they are out of it when it arrives. */
  toMember<E extends EventName>(
    userId: string,
    conversationId: string,
    event: E,
    payload: ServerEvents[E],
  ): void {
    this.broadcast(userRoom(userId), { about: conversationId }, event, payload);
  }

  /** To the person's sockets on this instance. */
  toLocalUser<E extends EventName>(userId: string, event: E, payload: ServerEvents[E]): void {
    this.emit(this.server?.local.to(userRoom(userId)), event, payload);
  }

  toSession<E extends EventName>(sessionId: string, event: E, payload: ServerEvents[E]): void {
    this.emit(this.server?.to(sessionRoom(sessionId)), event, payload);
  }

  /** To one socket of this instance. */
  toSocket<E extends EventName>(socketId: string, event: E, payload: ServerEvents[E]): void {
    this.emit(this.server?.local.to(socketId), event, payload);
  }

  /** The person's sockets on every instance get what is published to the conversation from now on. */
  addUserToConversation(userId: string, conversationId: string): void {
    this.server?.in(userRoom(userId)).socketsJoin(conversationRoom(conversationId));
  }

  removeUserFromConversation(userId: string, conversationId: string): void {
    this.server?.in(userRoom(userId)).socketsLeave(conversationRoom(conversationId));
  }

  /** Tells the session's sockets why, and closes them, on every instance. */
  endSession(sessionId: string, reason: SessionEndedEvent['reason']): void {
    this.toSession(sessionId, 'session:ended', { reason });
    this.server?.in(sessionRoom(sessionId)).disconnectSockets(true);
  }

  private emitChanges(flags: { membersRev: number; local?: true }, changes: ChangesEvent): void {
    this.broadcast(conversationRoom(changes.conversationId), flags, 'changes', changes);
  }

  /** What `emit` does, which takes no flags of ours. */
  private broadcast<E extends EventName>(
    room: string,
    flags: { membersRev?: number; about?: string; local?: true },
    event: E,
    payload: ServerEvents[E],
  ): void {
    const packet = { data: [event, payload] };
    this.server?.of('/').adapter.broadcast(packet, { rooms: new Set([room]), except: new Set(), flags });
  }

  private emit<E extends EventName>(
    operator: { emit: (event: E, ...payload: Parameters<ServerToClientEvents[E]>) => boolean } | undefined,
    event: E,
    payload: ServerEvents[E],
  ): void {
    operator?.emit(event, ...([payload] as Parameters<ServerToClientEvents[E]>));
  }
}
