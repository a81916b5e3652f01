import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Admission } from './admission.js';
import { Arrivals } from './arrivals.js';
import { BusTrust } from './bus-trust.js';
import { CommandTable } from './command-table.js';
import { ConnectionSources } from './connection-sources.js';
import { DeliveredFrames } from './delivered-frames.js';
import { Dispatcher } from './dispatcher.js';
import { Drain } from './drain.js';
import { FloodGuard } from './flood-guard.js';
import { ConnectWork } from './connect-work.js';
import { LocalSockets } from './local-sockets.js';
import { MembershipGate } from './membership-gate.js';
import { MembershipMoves } from './membership-moves.js';
import { Publisher } from './publisher.js';
import { RealtimeGateway } from './realtime.gateway.js';
import { SlowReaders } from './slow-readers.js';
import { UpgradeGate } from './upgrade-gate.js';

@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    Admission,
    Arrivals,
    BusTrust,
    CommandTable,
    ConnectWork,
    ConnectionSources,
    DeliveredFrames,
    Dispatcher,
    Drain,
    FloodGuard,
    LocalSockets,
    MembershipGate,
    MembershipMoves,
    Publisher,
    RealtimeGateway,
    SlowReaders,
    UpgradeGate,
  ],
  exports: [
    Arrivals,
    BusTrust,
    ConnectWork,
    ConnectionSources,
    DeliveredFrames,
    LocalSockets,
    Publisher,
    UpgradeGate,
  ],
})
export class RealtimeModule {}
