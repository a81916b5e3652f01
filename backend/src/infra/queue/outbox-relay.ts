import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Queue, Worker } from 'bullmq';
import { GroupWriter } from '../database/group-writer.js';
import { withDeadline } from '../errors/with-deadline.js';
import { Logger } from '../logger/logger.js';
import type { JobOutcome } from '../metrics/job-metrics.js';
import { JobMetrics } from '../metrics/job-metrics.js';
import { newId } from '../new-id.js';
import type { Periodic } from '../periodic/periodically.js';
import { periodically } from '../periodic/periodically.js';
import { runInContext } from '../request-context/request-context.js';
import type { PendingRow } from './outbox.store.js';
import { OutboxStore } from './outbox.store.js';
import { QueueConnection } from './queue-connection.js';

export const QUEUE = 'outbox';
const JOB = 'effects';
const RELAY_EVERY_MS = 1_000;
const BATCH = 500;
/** Handed over in one go, so that more than BATCH messages a second leave no backlog that grows. */
const BATCHES_MAX = 10;
/** Deleted by one statement: well within its deadline, also after hours in which nothing was cleaned. */
const CLEANED_AT_ONCE = 5_000;
/** Sweeps of the instances read the outbox backwards too; a row outlives the longest of their windows. */
const KEPT_MS = 3_600_000;
const CLEAN_EVERY_MS = 60_000;
/** As many as are marked as done together: a job that ends waits for others that end, and costs no commit of its own. */
const CONCURRENCY = 64;
/** Nobody waits for the end of a job, and at most 20 commits a second are left, unless a whole group waits. */
const DONE_REST_MS = 50;
const ATTEMPTS = 10;
const BACKOFF_MS = 1_000;
const ENQUEUE_DEADLINE_MS = 5_000;

interface OutboxJob {
  outboxId: string;
  /** The request whose change it is; absent where none is known, and from relays of the version before. */
  requestId?: string;
}

/**
 * Carries outbox rows into the queue. A row is done when its job says so, not when it was handed over: what a
 * lost or emptied Redis forgets is handed over again. The job id is the row's, so a repeat adds nothing.
 */
@Injectable()
export class OutboxRelay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly queue: Queue<OutboxJob>;
  private readonly worker: Worker<OutboxJob>;
  private readonly done: GroupWriter<string, boolean>;
  private readonly periodics: Periodic[] = [];
  private isStopping = false;

  constructor(
    private readonly store: OutboxStore,
    private readonly logger: Logger,
    private readonly metrics: JobMetrics,
    connection: QueueConnection,
  ) {
    this.queue = new Queue<OutboxJob>(QUEUE, { connection: connection.redis, prefix: connection.prefix });
    this.worker = new Worker<OutboxJob>(QUEUE, (job) => inRequest(job.data, () => this.measured(job.data)), {
      connection: connection.redis,
      prefix: connection.prefix,
      concurrency: CONCURRENCY,
      autorun: false,
    });
    this.done = new GroupWriter({
      named: 'The end of a job',
      slots: 1,
      restMs: DONE_REST_MS,
      queueOf: (outboxId) => outboxId,
      commit: (outboxIds) => store.markDone(outboxIds),
      committed: (_, outcomes) => {
        metrics.outboxDone.inc(outcomes.filter(Boolean).length);
      },
      failed: (error) => {
        logger.failure('Jobs that ended could not be counted', error);
      },
    });
    this.queue.on('error', (error) => {
      logger.debug(`The queue: ${error.message}`);
    });
    this.worker.on('error', (error) => {
      logger.debug(`The queue's worker: ${error.message}`);
    });
    this.worker.on('failed', (job, error) => {
      // Told outside of the job's own context.
      inRequest(job?.data, () => {
        const { attemptsMade: attempts, data } = job ?? {};
        logger.failure('A job failed', error, { attempts, outboxId: data?.outboxId }, 'warn');
      });
    });
  }

  onApplicationBootstrap(): void {
    this.worker.run().catch((error: unknown) => {
      this.logger.failure("The queue's worker stopped", error);
    });
    const { logger } = this;
    this.periodics.push(
      periodically({ name: 'The relay of the outbox', everyMs: RELAY_EVERY_MS, logger }, () => this.relay()),
      periodically({ name: 'The cleaning of the outbox', everyMs: CLEAN_EVERY_MS, logger }, () =>
        this.clean(),
      ),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.periodics.map((periodic) => periodic.stop()));
    await this.worker.close();
    await this.queue.close();
  }

  private async clean(): Promise<void> {
    const before = new Date(Date.now() - KEPT_MS);
    let deleted: number;
    do deleted = await this.store.deleteDoneBefore(before, CLEANED_AT_ONCE);
    while (deleted === CLEANED_AT_ONCE && !this.isStopping);
  }

  private async relay(): Promise<void> {
    let afterId = '0';
    for (let batch = 1; batch <= BATCHES_MAX; batch += 1) {
      const rows = await this.store.pending(afterId, BATCH);
      if (rows.length > 0) await this.handOver(rows);
      afterId = rows.at(-1)?.id ?? afterId;
      if (rows.length < BATCH) return;
    }
  }

  private async handOver(rows: readonly PendingRow[]): Promise<void> {
    const jobs = rows.map(({ id, requestId }) => ({
      name: JOB,
      data: { outboxId: id, ...(requestId === null ? {} : { requestId }) },
      opts: {
        jobId: `outbox-${id}`,
        attempts: ATTEMPTS,
        backoff: { type: 'exponential', delay: BACKOFF_MS },
        removeOnComplete: true,
        // A failed job makes room, so that the relay can hand its row over again.
        removeOnFail: true,
      },
    }));
    await withDeadline(this.queue.addBulk(jobs), ENQUEUE_DEADLINE_MS, 'handing jobs over');
  }

  private async measured(data: OutboxJob): Promise<void> {
    const started = performance.now();
    let outcome: JobOutcome = 'failed';
    try {
      await this.work(data);
      outcome = 'done';
    } finally {
      const ms = performance.now() - started;
      this.metrics.duration.observe({ job: JOB, outcome }, ms / 1_000);
      this.logger.detail('A job ran', { outboxId: data.outboxId, outcome, ms: Math.round(ms) });
    }
  }

  /** No effect exists yet: a row is done as soon as it is worked. Effects come in here, each idempotent. */
  private async work({ outboxId }: OutboxJob): Promise<void> {
    await this.done.write(outboxId);
  }
}

/** What is logged of a job names the request that caused it, or one of its own where none is known. */
function inRequest<T>(job: OutboxJob | undefined, work: () => T): T {
  return runInContext({ requestId: job?.requestId ?? newId(), action: JOB }, work);
}
