import type { CommandResult, SetPresenceInput, TypingInput, WatchPresenceInput } from '@parley/protocol';
import type { Caller } from '../realtime/command.js';
import { Command, CommandGateway } from '../realtime/command.js';
import { LivePeople } from './live-people.js';
import { Typing } from './typing.js';
import { WatchPresence } from './watch-presence.js';

@CommandGateway()
export class PresenceGateway {
  constructor(
    private readonly typing: Typing,
    private readonly watchPresence: WatchPresence,
    private readonly livePeople: LivePeople,
  ) {}

  @Command('typing:start')
  async startTyping(input: TypingInput, caller: Caller): Promise<CommandResult<'typing:start'>> {
    await this.typing.start(caller, input.conversationId);
    return {};
  }

  @Command('typing:stop')
  async stopTyping(input: TypingInput, caller: Caller): Promise<CommandResult<'typing:stop'>> {
    await this.typing.stop(caller, input.conversationId);
    return {};
  }

  @Command('presence:watch')
  async watch(input: WatchPresenceInput, caller: Caller): Promise<CommandResult<'presence:watch'>> {
    return { items: await this.watchPresence.watch(caller, input.userIds) };
  }

  @Command('presence:set')
  set(input: SetPresenceInput, caller: Caller): Promise<CommandResult<'presence:set'>> {
    this.livePeople.set(caller, input.status);
    return Promise.resolve({});
  }
}
