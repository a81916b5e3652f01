import type {
  ChannelPage,
  Conversation,
  ConversationPage,
  Member,
  MemberList,
  MemberPage,
  Nothing,
} from '@parley/protocol';
import { Controller } from '@nestjs/common';
import type { EndpointCall } from '../infra/http/endpoint.js';
import { Endpoint } from '../infra/http/endpoint.js';
import { ChangeConversation } from './change-conversation.js';
import { ChangeMembers } from './change-members.js';
import { ConversationStore } from './conversation.store.js';
import { ListConversations } from './list-conversations.js';
import { ListMembers } from './list-members.js';
import { Memberships } from './memberships.js';
import { StartConversation } from './start-conversation.js';

@Controller()
export class ConversationsController {
  constructor(
    private readonly startConversation: StartConversation,
    private readonly listConversations: ListConversations,
    private readonly changeConversation: ChangeConversation,
    private readonly changeMembers: ChangeMembers,
    private readonly listMembers: ListMembers,
    private readonly memberships: Memberships,
    private readonly store: ConversationStore,
  ) {}

  @Endpoint('GET /conversations')
  list({ caller, query }: EndpointCall<'GET /conversations'>): Promise<ConversationPage> {
    return this.listConversations.own(caller.userId, query);
  }

  @Endpoint('POST /conversations')
  async start({ caller, body, setStatus }: EndpointCall<'POST /conversations'>): Promise<Conversation> {
    const { conversation, created } = await this.startConversation.execute(caller.userId, body);
    if (!created) setStatus(200);
    return conversation;
  }

  @Endpoint('GET /conversations/:id')
  one({ caller, params }: EndpointCall<'GET /conversations/:id'>): Promise<Conversation> {
    return this.store.readOne(caller.userId, params.id);
  }

  @Endpoint('PATCH /conversations/:id')
  change({ caller, params, body }: EndpointCall<'PATCH /conversations/:id'>): Promise<Conversation> {
    return this.changeConversation.execute(caller.userId, params.id, body);
  }

  @Endpoint('DELETE /conversations/:id')
  async delete({ caller, params }: EndpointCall<'DELETE /conversations/:id'>): Promise<Nothing> {
    await this.changeConversation.delete(caller.userId, params.id);
    return {};
  }

  @Endpoint('GET /channels')
  channels({ caller, query }: EndpointCall<'GET /channels'>): Promise<ChannelPage> {
    return this.listConversations.channels(caller.userId, query);
  }

  @Endpoint('POST /conversations/:id/join')
  join({ caller, params }: EndpointCall<'POST /conversations/:id/join'>): Promise<Conversation> {
    return this.changeMembers.join(caller.userId, params.id);
  }

  @Endpoint('POST /conversations/:id/leave')
  async leave({ caller, params }: EndpointCall<'POST /conversations/:id/leave'>): Promise<Nothing> {
    await this.changeMembers.leave(caller.userId, params.id);
    return {};
  }

  @Endpoint('PATCH /conversations/:id/me')
  changeOwnSide({
    caller,
    params,
    body,
  }: EndpointCall<'PATCH /conversations/:id/me'>): Promise<Conversation> {
    return this.memberships.change(caller.userId, params.id, body);
  }

  @Endpoint('GET /conversations/:id/members')
  members({ caller, params, query }: EndpointCall<'GET /conversations/:id/members'>): Promise<MemberPage> {
    return this.listMembers.execute(caller.userId, params.id, query);
  }

  @Endpoint('POST /conversations/:id/members')
  async addMembers({
    caller,
    params,
    body,
  }: EndpointCall<'POST /conversations/:id/members'>): Promise<MemberList> {
    return { items: await this.changeMembers.add(caller.userId, params.id, body.userIds) };
  }

  @Endpoint('PATCH /conversations/:id/members/:userId')
  changeRole({
    caller,
    params,
    body,
  }: EndpointCall<'PATCH /conversations/:id/members/:userId'>): Promise<Member> {
    return this.changeMembers.changeRole(caller.userId, params.id, params.userId, body.role);
  }

  @Endpoint('DELETE /conversations/:id/members/:userId')
  async removeMember({
    caller,
    params,
  }: EndpointCall<'DELETE /conversations/:id/members/:userId'>): Promise<Nothing> {
    await this.changeMembers.remove(caller.userId, params.id, params.userId);
    return {};
  }
}
