import { Injectable } from '@nestjs/common';
import { unavailable } from '../infra/errors/parley-error.js';
import type { SocketIdentity } from './realtime-socket.js';

type Authenticate = (token: string) => Promise<SocketIdentity>;
type ReadMemberships = (userId: string) => Promise<ReadonlyMap<string, Room>>;
type ReadMembers = (conversationId: string, userIds: readonly string[]) => Promise<MembersReading>;
type ReadEpoch = () => Promise<string>;

/** A conversation as of the moment at which somebody's membership of it was read. */
export interface Room {
  /** The rev of the last removal. */
  readonly membersRev: number;
  readonly lastRev: number;
}

/** Who of some people is a member, read at one moment. */
export interface MembersReading {
  /** The rev of the last removal. */
  readonly membersRev: number;
  readonly memberIds: ReadonlySet<string>;
  /** Of those who were members: the rev at which it ended. */
  readonly leftRevs: ReadonlyMap<string, number>;
}

/**
 * What a connection needs from features, which register it when they start: realtime knows no table. A part
 * that is not registered makes the handshake fail as retryable, instead of letting somebody in without rooms.
 */
@Injectable()
export class ConnectionSources {
  private source: {
    authenticate?: Authenticate;
    memberships?: ReadMemberships;
    members?: ReadMembers;
    epoch?: ReadEpoch;
  } = {};

  /** auth: who a token belongs to. Throws UNAUTHENTICATED, TOKEN_EXPIRED or SESSION_REVOKED. */
  provideAuthentication(authenticate: Authenticate): void {
    this.source.authenticate = authenticate;
  }

  /**
   * conversations: all conversations a person is a member of, each with the revs of its last removal and of its last
   * change, and who of some people is a member of one.
   */
  provideRooms(rooms: { memberships: ReadMemberships; members: ReadMembers }): void {
    this.source.memberships = rooms.memberships;
    this.source.members = rooms.members;
  }

  /** The epoch of the database's history. */
  provideEpoch(epoch: ReadEpoch): void {
    this.source.epoch = epoch;
  }

  authenticate(token: string): Promise<SocketIdentity> {
    return registered(this.source.authenticate)(token);
  }

  memberships(userId: string): Promise<ReadonlyMap<string, Room>> {
    return registered(this.source.memberships)(userId);
  }

  members(conversationId: string, userIds: readonly string[]): Promise<MembersReading> {
    return registered(this.source.members)(conversationId, userIds);
  }

  epoch(): Promise<string> {
    return registered(this.source.epoch)();
  }
}

function registered<T>(source: T | undefined): T {
  if (source === undefined) throw unavailable('The server is still starting.');
  return source;
}
