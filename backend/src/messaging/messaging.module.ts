import { Module } from '@nestjs/common';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { PresenceModule } from '../presence/presence.module.js';
import { ChangeMessage } from './change-message.js';
import { DeliveredLog } from './delivered-log.js';
import { HeadsStore } from './heads.store.js';
import { HeadsSweep } from './heads-sweep.js';
import { HistoryStore } from './history.store.js';
import { HoleWatch } from './hole-watch.js';
import { ListChanges } from './list-changes.js';
import { ListEdits } from './list-edits.js';
import { ListMessages } from './list-messages.js';
import { ListReactors } from './list-reactors.js';
import { MessageLogStore } from './message-log.store.js';
import { MessageWriter } from './message-writer.js';
import { MessagingController } from './messaging.controller.js';
import { MessagingGateway } from './messaging.gateway.js';
import { MovePointer } from './move-pointer.js';
import { NewestPages } from './newest-pages.js';
import { OutgoingStore } from './outgoing.store.js';
import { OwnSideStore } from './own-side.store.js';
import { OwnSideSweep } from './own-side-sweep.js';
import { PointerStore } from './pointer.store.js';
import { Receipts } from './receipts.js';
import { RepairRoom } from './repair-room.js';
import { SendMessage } from './send-message.js';
import { SyncChanges } from './sync-changes.js';
import { Sync } from './sync.js';
import { SyncStore } from './sync.store.js';

@Module({
  imports: [ConversationsModule, PresenceModule],
  controllers: [MessagingController],
  providers: [
    ChangeMessage,
    DeliveredLog,
    HeadsStore,
    HeadsSweep,
    HistoryStore,
    HoleWatch,
    ListChanges,
    ListEdits,
    ListMessages,
    ListReactors,
    MessageLogStore,
    MessageWriter,
    MessagingGateway,
    MovePointer,
    NewestPages,
    OutgoingStore,
    OwnSideStore,
    OwnSideSweep,
    PointerStore,
    Receipts,
    RepairRoom,
    SendMessage,
    Sync,
    SyncChanges,
    SyncStore,
  ],
})
export class MessagingModule {}
