import type {
  DeleteMessageInput,
  DeliveredState,
  EditMessageInput,
  MovePointerInput,
  ReactionInput,
  ReadState,
  SendMessageInput,
  SentMessage,
  SyncAnswer,
  SyncInput,
  TouchedMessage,
} from '@parley/protocol';
import type { Caller } from '../realtime/command.js';
import { Command, CommandGateway } from '../realtime/command.js';
import { ConnectWork } from '../realtime/connect-work.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import { ChangeMessage } from './change-message.js';
import { MovePointer } from './move-pointer.js';
import { SendMessage } from './send-message.js';
import { Sync } from './sync.js';

/** Below the deadline of commands: the answer then says when to come back. */
const SYNC_WAIT_MAX_MS = 6_000;

@CommandGateway()
export class MessagingGateway {
  constructor(
    private readonly sendMessage: SendMessage,
    private readonly changeMessage: ChangeMessage,
    private readonly movePointer: MovePointer,
    private readonly sync: Sync,
    private readonly work: ConnectWork,
    private readonly sockets: LocalSockets,
  ) {}

  @Command('message:send')
  async send(input: SendMessageInput, caller: Caller): Promise<SentMessage> {
    const { message, duplicate } = await this.sendMessage.execute(caller.userId, input.conversationId, input);
    return { message, ...(duplicate ? { duplicate } : {}) };
  }

  @Command('message:edit')
  async edit(input: EditMessageInput, caller: Caller): Promise<TouchedMessage> {
    return {
      message: await this.changeMessage.edit(caller.userId, input.messageId, input.text, input.ifRev),
    };
  }

  @Command('message:delete')
  async delete(input: DeleteMessageInput, caller: Caller): Promise<TouchedMessage> {
    return { message: await this.changeMessage.delete(caller.userId, input.messageId) };
  }

  @Command('reaction:add')
  async react(input: ReactionInput, caller: Caller): Promise<TouchedMessage> {
    return { message: await this.changeMessage.react(caller.userId, input.messageId, input.emoji, true) };
  }

  @Command('reaction:remove')
  async takeReactionBack(input: ReactionInput, caller: Caller): Promise<TouchedMessage> {
    return { message: await this.changeMessage.react(caller.userId, input.messageId, input.emoji, false) };
  }

  @Command('conversation:read')
  read(input: MovePointerInput, caller: Caller): Promise<ReadState> {
    return this.movePointer.readFromSocket(caller.userId, input.conversationId, input.seq);
  }

  @Command('conversation:delivered')
  delivered(input: MovePointerInput, caller: Caller): Promise<DeliveredState> {
    return this.movePointer.deliveredFromSocket(caller.userId, input.conversationId, input.seq);
  }

  @Command('sync')
  synchronise(input: SyncInput, { userId, socketId }: Caller): Promise<SyncAnswer> {
    // Together with those who come in: a sync is the last part of that, and what most of it costs.
    return this.work.run('sync', () => this.sync.execute({ userId, socketId }, input), {
      waitMs: SYNC_WAIT_MAX_MS,
      isWanted: () => this.sockets.isHere(socketId),
    });
  }
}
