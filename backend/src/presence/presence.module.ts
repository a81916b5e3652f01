import { Module } from '@nestjs/common';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { AcquaintanceStore } from './acquaintance.store.js';
import { AnnouncePresence } from './announce-presence.js';
import { LivePeople } from './live-people.js';
import { PresenceController } from './presence.controller.js';
import { PresenceGateway } from './presence.gateway.js';
import { PresenceHints } from './presence-hints.js';
import { PresenceLease } from './presence-lease.js';
import { PresenceRecords } from './presence-records.js';
import { RecheckWatches } from './recheck-watches.js';
import { TellWatchers } from './tell-watchers.js';
import { Typing } from './typing.js';
import { TypingList } from './typing-list.js';
import { WatchPresence } from './watch-presence.js';
import { WatchTable } from './watch-table.js';

@Module({
  imports: [ConversationsModule],
  controllers: [PresenceController],
  providers: [
    AcquaintanceStore,
    AnnouncePresence,
    LivePeople,
    PresenceGateway,
    PresenceHints,
    PresenceLease,
    PresenceRecords,
    RecheckWatches,
    TellWatchers,
    Typing,
    TypingList,
    WatchPresence,
    WatchTable,
  ],
  exports: [Typing],
})
export class PresenceModule {}
