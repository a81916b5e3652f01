import type { OnModuleInit } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { Database } from '../infra/database/database.js';
import { ConnectionSources } from '../realtime/connection-sources.js';
import { UsersModule } from '../users/users.module.js';
import { AnnounceChange } from './announce-change.js';
import { ChangeConversation } from './change-conversation.js';
import { ChangeMembers } from './change-members.js';
import { ConversationLogStore } from './conversation-log.store.js';
import { ConversationStore } from './conversation.store.js';
import { ConversationsController } from './conversations.controller.js';
import { ListConversations } from './list-conversations.js';
import { ListMembers } from './list-members.js';
import { MembershipStore } from './membership.store.js';
import { MembershipSweep } from './membership-sweep.js';
import { Memberships } from './memberships.js';
import { MessageStore } from './message.store.js';
import { PeopleChanges } from './people-changes.js';
import { StartConversation } from './start-conversation.js';

@Module({
  imports: [UsersModule],
  controllers: [ConversationsController],
  providers: [
    AnnounceChange,
    ChangeConversation,
    ChangeMembers,
    ConversationLogStore,
    ConversationStore,
    ListConversations,
    ListMembers,
    MembershipStore,
    MembershipSweep,
    Memberships,
    MessageStore,
    PeopleChanges,
    StartConversation,
  ],
  exports: [AnnounceChange, ConversationStore, MembershipStore, Memberships, MessageStore],
})
export class ConversationsModule implements OnModuleInit {
  constructor(
    private readonly sources: ConnectionSources,
    private readonly memberships: MembershipStore,
    private readonly database: Database,
  ) {}

  onModuleInit(): void {
    this.sources.provideRooms({
      memberships: (userId) => this.memberships.ofUser(userId),
      members: (conversationId, userIds) => this.memberships.among(userIds, conversationId),
    });
    this.sources.provideEpoch(() => this.database.epoch());
  }
}
