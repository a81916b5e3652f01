import type pg from 'pg';

/**
 * While no connection to PostgreSQL can be made, one at a time is tried, not the whole pool. Of one that is frozen, or its
 * machine is, the kernel keeps for it what was given up: after a quarter of a minute hundreds, each of which it forks a process for when it
 * wakes, before it comes to those who still wait. As soon as one is made, the pool may be full again.
 */
export class ConnectAttempts {
  private readonly max: number;
  private connected = 0;

  constructor(private readonly pool: pg.Pool) {
    this.max = pool.options.max;
    pool.on('connect', () => {
      this.connected += 1;
      pool.options.max = this.max;
    });
    pool.on('remove', () => {
      this.connected -= 1;
    });
  }

  /** Told when a connection could not be made, before the pool makes the next. */
  failed(): void {
    this.pool.options.max = Math.min(this.max, this.connected + 1);
  }
}
