import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram } from 'prom-client';
import { DURATION_BUCKETS } from './buckets.js';
import { Metrics } from './metrics.js';
import { preset } from './preset.js';

export type JobOutcome = 'done' | 'failed';

/** Jobs, in the worker alone. */
@Injectable()
export class JobMetrics {
  readonly outboxDone: Counter;
  readonly jobs: Gauge<'queue' | 'state'>;
  readonly oldestJob: Gauge<'queue'>;
  readonly outboxPending: Gauge;
  readonly oldestPending: Gauge;
  readonly lastLook: Gauge;
  readonly duration: Histogram<'job' | 'outcome'>;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.outboxDone = new Counter({
      name: 'parley_outbox_done_total',
      help: 'Outbox rows whose effects are done.',
      registers,
    });
    this.jobs = new Gauge({
      name: 'parley_queue_jobs',
      help: 'Jobs in the queue, by state.',
      labelNames: ['queue', 'state'] as const,
      registers,
    });
    this.oldestJob = new Gauge({
      name: 'parley_queue_oldest_age_seconds',
      help: 'Age of the job that waits longest; 0 where none waits.',
      labelNames: ['queue'] as const,
      registers,
    });
    this.outboxPending = new Gauge({
      name: 'parley_outbox_pending',
      help: 'Outbox rows whose effects are not done.',
      registers,
    });
    this.oldestPending = new Gauge({
      name: 'parley_outbox_oldest_age_seconds',
      help: 'Age of the oldest outbox row whose effects are not done; 0 where there is none.',
      registers,
    });
    this.lastLook = new Gauge({
      name: 'parley_queue_last_look_timestamp_seconds',
      help: 'When queue and outbox were last looked at with success: their gauges are of that time.',
      registers,
    });
    this.duration = new Histogram({
      name: 'parley_job_duration_seconds',
      help: 'Attempts of jobs, by job and outcome.',
      labelNames: ['job', 'outcome'] as const,
      buckets: DURATION_BUCKETS,
      registers,
    });
    preset(this.duration, 'outcome', ['done', 'failed'], { job: 'effects' });
  }
}
