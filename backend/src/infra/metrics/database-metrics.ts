import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';
import { DEPENDENCY_BUCKETS } from './buckets.js';
import { preset } from './preset.js';

export type PoolName = 'main' | 'log';
const POOLS: readonly PoolName[] = ['main', 'log'];

/** How many connections a pool has and lacks, asked when the metrics are read. */
export interface PoolState {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
  readonly size: number;
}

/** PostgreSQL as this process meets it. */
export class DatabaseMetrics {
  private readonly pools = new Map<PoolName, () => PoolState>();

  readonly statementFailures: Counter<'pool'>;
  readonly statementDuration: Histogram<'pool' | 'statement'>;
  readonly poolWait: Histogram<'pool'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.statementFailures = new Counter({
      name: 'parley_database_statement_failures_total',
      help: 'Statements that PostgreSQL refused or did not answer, by pool; retried ones too.',
      labelNames: ['pool'] as const,
      registers,
    });
    this.statementDuration = new Histogram({
      name: 'parley_database_statement_duration_seconds',
      help: 'Statements from sending to answer, without the wait for a connection, by pool and statement.',
      labelNames: ['pool', 'statement'] as const,
      buckets: DEPENDENCY_BUCKETS,
      registers,
    });
    this.poolWait = new Histogram({
      name: 'parley_pool_wait_seconds',
      help: 'Waits for a connection to PostgreSQL, by pool. With a connection idle it is next to nothing.',
      labelNames: ['pool'] as const,
      buckets: DEPENDENCY_BUCKETS,
      registers,
    });
    preset(this.statementFailures, 'pool', POOLS);
    preset(this.poolWait, 'pool', POOLS);
    this.gauges(registers);
  }

  watch(pool: PoolName, state: () => PoolState): void {
    this.pools.set(pool, state);
  }

  private gauges(registers: Registry[]): void {
    const { pools } = this;
    new Gauge({
      name: 'parley_pool_connections',
      help: 'Connections to PostgreSQL, by pool and state.',
      labelNames: ['pool', 'state'] as const,
      registers,
      collect() {
        for (const [pool, state] of pools) {
          const { total, idle } = state();
          this.set({ pool, state: 'busy' }, total - idle);
          this.set({ pool, state: 'idle' }, idle);
        }
      },
    });
    new Gauge({
      name: 'parley_pool_size',
      help: 'Connections that a pool opens at most.',
      labelNames: ['pool'] as const,
      registers,
      collect() {
        for (const [pool, state] of pools) this.set({ pool }, state().size);
      },
    });
    new Gauge({
      name: 'parley_pool_waiting',
      help: 'Who waits for a connection to PostgreSQL, by pool.',
      labelNames: ['pool'] as const,
      registers,
      collect() {
        for (const [pool, state] of pools) this.set({ pool }, state().waiting);
      },
    });
  }
}
