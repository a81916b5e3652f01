import { Module } from '@nestjs/common';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { AcquaintanceStore } from './acquaintance.store.js';
import { LivePeople } from './live-people.js';
import { PresenceController } from './presence.controller.js';
import { PresenceGateway } from './presence.gateway.js';
import { PresenceLeases } from './presence-leases.js';
import { Typing } from './typing.js';
import { TypingList } from './typing-list.js';
import { WatchPresence } from './watch-presence.js';

@Module({
  imports: [ConversationsModule],
  controllers: [PresenceController],
  providers: [
    AcquaintanceStore,
    LivePeople,
    PresenceGateway,
    PresenceLeases,
    Typing,
    TypingList,
    WatchPresence,
  ],
})
export class PresenceModule {}
