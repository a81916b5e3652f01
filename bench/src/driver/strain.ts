import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Strain } from './orders.js';

const RESOLUTION_MS = 10;

/** Watches the process that it is made in: one that is too busy measures itself. */
export class StrainGauge {
  private readonly delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private cpuFrom = process.cpuUsage();
  private from = performance.now();

  constructor() {
    this.delay.enable();
  }

  read(): Strain {
    const { user, system } = process.cpuUsage(this.cpuFrom);
    const elapsedMs = Math.max(1, performance.now() - this.from);
    // A timer of the resolution is what it measures with.
    const lagP99Ms = Math.max(0, this.delay.percentile(99) / 1_000_000 - RESOLUTION_MS);
    return { lagP99Ms, cpu: (user + system) / 1_000 / elapsedMs };
  }

  reset(): void {
    this.delay.reset();
    this.cpuFrom = process.cpuUsage();
    this.from = performance.now();
  }
}
