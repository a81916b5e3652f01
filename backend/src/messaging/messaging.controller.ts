import type {
  ChangePage,
  Message,
  MessageEditPage,
  MessagePage,
  ReadState,
  SyncAnswer,
  UserPage,
} from '@parley/protocol';
import { Controller } from '@nestjs/common';
import type { EndpointCall } from '../infra/http/endpoint.js';
import { Endpoint } from '../infra/http/endpoint.js';
import { ChangeMessage } from './change-message.js';
import { ListChanges } from './list-changes.js';
import { ListEdits } from './list-edits.js';
import { ListMessages } from './list-messages.js';
import { ListReactors } from './list-reactors.js';
import { MovePointer } from './move-pointer.js';
import { SendMessage } from './send-message.js';
import { Sync } from './sync.js';

@Controller()
export class MessagingController {
  constructor(
    private readonly sendMessage: SendMessage,
    private readonly listMessages: ListMessages,
    private readonly listChanges: ListChanges,
    private readonly listReactors: ListReactors,
    private readonly listEdits: ListEdits,
    private readonly changeMessage: ChangeMessage,
    private readonly movePointer: MovePointer,
    private readonly sync: Sync,
  ) {}

  @Endpoint('GET /conversations/:id/messages')
  history({ caller, params, query }: EndpointCall<'GET /conversations/:id/messages'>): Promise<MessagePage> {
    return this.listMessages.history(caller.userId, params.id, query);
  }

  @Endpoint('GET /conversations/:id/changes')
  changes({ caller, params, query }: EndpointCall<'GET /conversations/:id/changes'>): Promise<ChangePage> {
    return this.listChanges.execute(caller.userId, params.id, query);
  }

  @Endpoint('POST /conversations/:id/messages')
  async send({
    caller,
    params,
    body,
    setStatus,
  }: EndpointCall<'POST /conversations/:id/messages'>): Promise<Message> {
    const { message, duplicate } = await this.sendMessage.execute(caller.userId, params.id, body);
    if (duplicate) setStatus(200);
    return message;
  }

  @Endpoint('PATCH /messages/:id')
  edit({ caller, params, body }: EndpointCall<'PATCH /messages/:id'>): Promise<Message> {
    return this.changeMessage.edit(caller.userId, params.id, body.text, body.ifRev);
  }

  @Endpoint('GET /messages/:id/edits')
  edits({ caller, params, query }: EndpointCall<'GET /messages/:id/edits'>): Promise<MessageEditPage> {
    return this.listEdits.execute(caller.userId, params.id, query);
  }

  @Endpoint('DELETE /messages/:id')
  delete({ caller, params }: EndpointCall<'DELETE /messages/:id'>): Promise<Message> {
    return this.changeMessage.delete(caller.userId, params.id);
  }

  @Endpoint('PUT /messages/:id/reactions/:emoji')
  react({ caller, params }: EndpointCall<'PUT /messages/:id/reactions/:emoji'>): Promise<Message> {
    return this.changeMessage.react(caller.userId, params.id, params.emoji, true);
  }

  @Endpoint('DELETE /messages/:id/reactions/:emoji')
  takeReactionBack({
    caller,
    params,
  }: EndpointCall<'DELETE /messages/:id/reactions/:emoji'>): Promise<Message> {
    return this.changeMessage.react(caller.userId, params.id, params.emoji, false);
  }

  @Endpoint('GET /messages/:id/reactions')
  reactors({ caller, params, query }: EndpointCall<'GET /messages/:id/reactions'>): Promise<UserPage> {
    return this.listReactors.execute(caller.userId, params.id, query);
  }

  @Endpoint('PUT /messages/:id/pin')
  pin({ caller, params }: EndpointCall<'PUT /messages/:id/pin'>): Promise<Message> {
    return this.changeMessage.pin(caller.userId, params.id, true);
  }

  @Endpoint('DELETE /messages/:id/pin')
  unpin({ caller, params }: EndpointCall<'DELETE /messages/:id/pin'>): Promise<Message> {
    return this.changeMessage.pin(caller.userId, params.id, false);
  }

  @Endpoint('GET /messages/:id/thread')
  thread({ caller, params, query }: EndpointCall<'GET /messages/:id/thread'>): Promise<MessagePage> {
    return this.listMessages.thread(caller.userId, params.id, query);
  }

  @Endpoint('GET /conversations/:id/pins')
  pins({ caller, params, query }: EndpointCall<'GET /conversations/:id/pins'>): Promise<MessagePage> {
    return this.listMessages.pins(caller.userId, params.id, query);
  }

  @Endpoint('PUT /conversations/:id/read')
  read({ caller, params, body }: EndpointCall<'PUT /conversations/:id/read'>): Promise<ReadState> {
    return this.movePointer.read(caller.userId, params.id, body.seq);
  }

  @Endpoint('POST /sync')
  synchronise({ caller, body }: EndpointCall<'POST /sync'>): Promise<SyncAnswer> {
    return this.sync.execute({ userId: caller.userId }, body);
  }
}
