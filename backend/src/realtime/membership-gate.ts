import { Injectable } from '@nestjs/common';
import type { Adapter } from 'socket.io-adapter';
import { withDeadline } from '../infra/errors/with-deadline.js';
import { Logger } from '../infra/logger/logger.js';
import { Metrics } from '../infra/metrics/metrics.js';
import type { Room as SharedRoom } from './connection-sources.js';
import { ConnectionSources } from './connection-sources.js';
import { LocalSockets } from './local-sockets.js';
import type { RealtimeSocket } from './realtime-socket.js';
import { conversationOfRoom, conversationRoom } from './rooms.js';

/** As long as a write may take: what is still held then is dropped, and repaired by the live position check. */
const CHECK_DEADLINE_MS = 2_000;
/** Nothing is known of a socket that joined without saying what its membership was read at. */
const UNKNOWN = -1;

interface Room {
  /** Removals up to this rev are applied to every socket in the room here. */
  applied: number;
  /** The lowest rev that sockets came in with while the members were being read. */
  joinedAt: number;
}

interface Held {
  readonly membersRev: number | undefined;
  readonly deliver: () => void;
}

/**
 * Keeps what is numbered after a removal from the one removed, whatever the bus lost: a frame that comes after a
 * removal which this instance has not applied waits until the members were read from PostgreSQL and leavers are out
 * of the room. Where they can not be read it is not delivered. Rooms that nobody ever left never wait. What has no number
 * waits only while somebody is in the room of whom nothing is known: the word that let them in may be an old one.
 */
@Injectable()
export class MembershipGate {
  private readonly rooms = new Map<string, Room>();
  private readonly waiting = new Map<string, Held[]>();
  /** The revs at which the memberships of the socket that is joining were read. */
  private vouched: ReadonlyMap<string, Pick<SharedRoom, 'membersRev'>> | undefined;

  constructor(
    private readonly sources: ConnectionSources,
    private readonly sockets: LocalSockets,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {}

  watch(adapter: Adapter): void {
    adapter.on('join-room', (room: string) => {
      this.joined(room);
    });
    adapter.on('delete-room', (room: string) => {
      const conversationId = conversationOfRoom(room);
      if (conversationId !== null) this.rooms.delete(conversationId);
    });
  }

  /** Joins the socket to its conversations: id to what was read together with the membership. */
  join(socket: RealtimeSocket, memberships: ReadonlyMap<string, Pick<SharedRoom, 'membersRev'>>): void {
    this.vouched = memberships;
    try {
      // The adapter keeps rooms in memory: the events of the joins come before this returns.
      void socket.join([...memberships.keys()].map(conversationRoom));
    } finally {
      this.vouched = undefined;
    }
  }

  /**
   * Delivers now, or when it may: numbered frames of a conversation keep their order. `membersRev`: the rev of the last
   * removal before what is delivered, 0 where there was none; `undefined` for what has no number.
   */
  pass(rooms: readonly string[], membersRev: number | undefined, deliver: () => void): void {
    for (const [index, room] of rooms.entries()) {
      const conversationId = conversationOfRoom(room);
      if (conversationId === null || this.mayPass(conversationId, membersRev)) continue;
      const others = rooms.toSpliced(index, 1);
      this.hold(conversationId, {
        membersRev,
        deliver: () => {
          this.pass(others, membersRev, deliver);
        },
      });
      return;
    }
    deliver();
  }

  private mayPass(conversationId: string, membersRev: number | undefined): boolean {
    if (membersRev !== undefined && this.waiting.has(conversationId)) return false;
    return this.isApplied(conversationId, membersRev);
  }

  private hold(conversationId: string, frame: Held): void {
    const held = this.waiting.get(conversationId);
    if (held) {
      held.push(frame);
      return;
    }
    const frames = [frame];
    this.waiting.set(conversationId, frames);
    void this.release(conversationId, frames);
  }

  private joined(room: string): void {
    const conversationId = conversationOfRoom(room);
    if (conversationId === null) return;
    const rev = this.vouched?.get(conversationId)?.membersRev ?? UNKNOWN;
    const state = this.rooms.get(conversationId);
    if (state) {
      state.applied = Math.min(state.applied, rev);
      state.joinedAt = Math.min(state.joinedAt, rev);
    } else {
      this.rooms.set(conversationId, { applied: rev, joinedAt: rev });
    }
  }

  private isApplied(conversationId: string, membersRev: number | undefined): boolean {
    const room = this.rooms.get(conversationId);
    if (membersRev === undefined) return room?.applied !== UNKNOWN;
    return membersRev === 0 || room === undefined || room.applied >= membersRev;
  }

  /** Never rejects. */
  private async release(conversationId: string, frames: Held[]): Promise<void> {
    const deadline = Date.now() + CHECK_DEADLINE_MS;
    try {
      for (let next = frames[0]; next; next = frames[0]) {
        if (this.isApplied(conversationId, next.membersRev)) {
          frames.shift();
          next.deliver();
        } else {
          const remaining = Math.max(1, deadline - Date.now());
          await withDeadline(this.applyRemovals(conversationId, deadline), remaining, 'reading the members');
        }
      }
    } catch (error) {
      this.metrics.framesWithheld.inc(frames.length);
      this.logger.failure(
        'Frames were not delivered: the members are not known',
        error,
        { conversationId },
        'warn',
      );
    } finally {
      this.waiting.delete(conversationId);
    }
  }

  /** Takes out of the room whoever is no longer a member, and tells them. */
  private async applyRemovals(conversationId: string, deadline: number): Promise<void> {
    const room = this.rooms.get(conversationId);
    if (!room) return;
    room.joinedAt = Number.POSITIVE_INFINITY;
    const present = this.sockets.inConversation(conversationId);
    const userIds = [...new Set(present.map((socket) => socket.data.identity.userId))];
    const { membersRev, memberIds, leftRevs } = await this.sources.members(conversationId, userIds);
    // Too late to be believed: another reading may have come to another end meanwhile.
    if (Date.now() > deadline) return;
    this.metrics.membershipChecks.inc();
    for (const socket of present) {
      const { userId } = socket.data.identity;
      if (memberIds.has(userId)) continue;
      void socket.leave(conversationRoom(conversationId));
      socket.emit('conversation:removed', { conversationId, rev: leftRevs.get(userId) ?? membersRev });
    }
    room.applied = Math.min(membersRev, room.joinedAt);
  }
}
