import type { CommandResult, RefreshSocketInput } from '@parley/protocol';
import type { Caller } from '../realtime/command.js';
import { Command, CommandGateway } from '../realtime/command.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import { AccessTokenStrategy, unauthenticated } from './access-token.strategy.js';

@CommandGateway()
export class AuthGateway {
  constructor(
    private readonly tokens: AccessTokenStrategy,
    private readonly sockets: LocalSockets,
  ) {}

  /** A token of another session, be it of the same person, does not extend this socket. */
  @Command('auth:refresh')
  async refresh(input: RefreshSocketInput, caller: Caller): Promise<CommandResult<'auth:refresh'>> {
    const identity = await this.tokens.verify(input.token);
    if (identity.sessionId !== caller.sessionId) throw unauthenticated();
    this.sockets.extend(caller.socketId, identity.expiresAt);
    return { expiresAt: new Date(identity.expiresAt).toISOString() };
  }
}
