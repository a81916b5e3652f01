import type { Session } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { notFound } from '../infra/errors/parley-error.js';
import type { HttpCaller } from '../infra/http/endpoint.js';
import { Publisher } from '../realtime/publisher.js';
import { AuthStore } from './auth.store.js';

/** Lists and ends sessions. Ending takes effect on REST with the commit, and on sockets right after. */
@Injectable()
export class Sessions {
  constructor(
    private readonly store: AuthStore,
    private readonly publisher: Publisher,
  ) {}

  async list(caller: HttpCaller): Promise<Session[]> {
    const sessions = await this.store.listSessions(caller.userId);
    return sessions.map((session) => ({ ...session, current: session.id === caller.sessionId }));
  }

  /** The caller's own session. */
  async logOut(caller: HttpCaller): Promise<void> {
    await this.store.endSession(caller.userId, caller.sessionId, 'logout');
    this.publisher.endSession(caller.sessionId, 'logout');
  }

  async end(caller: HttpCaller, sessionId: string): Promise<void> {
    if (sessionId === caller.sessionId) {
      await this.logOut(caller);
      return;
    }
    if (!(await this.store.endSession(caller.userId, sessionId, 'revoked'))) throw notFound();
    this.publisher.endSession(sessionId, 'revoked');
  }

  async endOthers(caller: HttpCaller): Promise<void> {
    const ended = await this.store.endOtherSessions(caller.userId, caller.sessionId);
    for (const sessionId of ended) this.publisher.endSession(sessionId, 'revoked');
  }
}
