import { Injectable } from '@nestjs/common';
import { unavailable } from '../infra/errors/parley-error.js';
import type { SocketIdentity } from './realtime-socket.js';

type Authenticate = (token: string) => Promise<SocketIdentity>;
type ConversationIds = (userId: string) => Promise<readonly string[]>;
type ReadEpoch = () => Promise<string>;

/**
 * What a connection needs from features, which register it when they start: realtime knows no table. A part
 * that is not registered makes the handshake fail as retryable, instead of letting somebody in without rooms.
 */
@Injectable()
export class ConnectionSources {
  private source: {
    authenticate?: Authenticate;
    conversationIds?: ConversationIds;
    epoch?: ReadEpoch;
  } = {};

  /** auth: who a token belongs to. Throws UNAUTHENTICATED, TOKEN_EXPIRED or SESSION_REVOKED. */
  provideAuthentication(authenticate: Authenticate): void {
    this.source.authenticate = authenticate;
  }

  /** conversations: all conversations a person is a member of. */
  provideRooms(conversationIds: ConversationIds): void {
    this.source.conversationIds = conversationIds;
  }

  /** The epoch of the database's history. */
  provideEpoch(epoch: ReadEpoch): void {
    this.source.epoch = epoch;
  }

  authenticate(token: string): Promise<SocketIdentity> {
    return registered(this.source.authenticate)(token);
  }

  conversationIds(userId: string): Promise<readonly string[]> {
    return registered(this.source.conversationIds)(userId);
  }

  epoch(): Promise<string> {
    return registered(this.source.epoch)();
  }
}

function registered<T>(source: T | undefined): T {
  if (source === undefined) throw unavailable('The server is still starting.');
  return source;
}
