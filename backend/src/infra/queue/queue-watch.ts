import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { JobType } from 'bullmq';
import { Queue } from 'bullmq';
import { withDeadline } from '../errors/with-deadline.js';
import { Logger } from '../logger/logger.js';
import { JobMetrics } from '../metrics/job-metrics.js';
import type { Periodic } from '../periodic/periodically.js';
import { periodically } from '../periodic/periodically.js';
import { QUEUE } from './outbox-relay.js';
import { OutboxStore } from './outbox.store.js';
import { QueueConnection } from './queue-connection.js';

/** Well within the interval at which metrics are read (15 s). */
const LOOK_EVERY_MS = 5_000;
/** The queue's connection waits for a Redis that is away; a look does not. */
const LOOK_DEADLINE_MS = 2_000;
/** More than this is the same trouble, and counting it would be some. */
const COUNTED_MAX = 100_000;
const STATES = ['waiting', 'active', 'delayed', 'prioritized', 'failed'] as const satisfies JobType[];

/** Looks how much work waits, and for how long. In the worker, which would do it: it also sees its own standstill. */
@Injectable()
export class QueueWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly queue: Queue;
  private periodic: Periodic | undefined;

  constructor(
    private readonly store: OutboxStore,
    private readonly metrics: JobMetrics,
    private readonly logger: Logger,
    connection: QueueConnection,
  ) {
    this.queue = new Queue(QUEUE, { connection: connection.redis, prefix: connection.prefix });
    this.queue.on('error', (error) => {
      logger.debug(`The queue: ${error.message}`);
    });
  }

  onApplicationBootstrap(): void {
    const options = { name: 'The look at the queue', everyMs: LOOK_EVERY_MS, logger: this.logger };
    this.periodic = periodically(options, () => this.look());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic?.stop();
    await this.queue.close();
  }

  /** The outbox first: it tells the backlog also while Redis is away. */
  private async look(): Promise<void> {
    const { pending, oldestSeconds } = await this.store.backlog(COUNTED_MAX);
    this.metrics.outboxPending.set(pending);
    this.metrics.oldestPending.set(oldestSeconds);
    const counts = await withDeadline(this.queue.getJobCounts(...STATES), LOOK_DEADLINE_MS, 'counting jobs');
    const [oldest] = await withDeadline(this.queue.getWaiting(0, 0), LOOK_DEADLINE_MS, 'the oldest job');
    for (const state of STATES) this.metrics.jobs.set({ queue: QUEUE, state }, counts[state] ?? 0);
    const age = oldest === undefined ? 0 : Math.max(0, Date.now() - oldest.timestamp) / 1_000;
    this.metrics.oldestJob.set({ queue: QUEUE }, age);
    this.metrics.lastLook.setToCurrentTime();
  }
}
