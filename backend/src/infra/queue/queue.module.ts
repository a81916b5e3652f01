import { Module } from '@nestjs/common';
import { Dependencies } from '../health/dependencies.js';
import { JobMetrics } from '../metrics/job-metrics.js';
import { OutboxRelay } from './outbox-relay.js';
import { OutboxStore } from './outbox.store.js';
import { QueueConnection } from './queue-connection.js';
import { QueueWatch } from './queue-watch.js';

/** Jobs: the outbox is relayed into BullMQ and worked off here. Only the worker imports it. */
@Module({ providers: [JobMetrics, OutboxRelay, OutboxStore, QueueConnection, QueueWatch] })
export class QueueModule {
  constructor(dependencies: Dependencies, connection: QueueConnection) {
    dependencies.add({ name: 'queue', required: false, ping: () => connection.ping() });
  }
}
