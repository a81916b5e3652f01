import type { DependencyHealth } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { withDeadline } from '../errors/with-deadline.js';
import { Metrics } from '../metrics/metrics.js';

export interface Dependency {
  readonly name: string;
  /** Whether the process can do nothing useful without it. */
  readonly required: boolean;
  /** Milliseconds of one round trip; rejects while the dependency can not be used. */
  readonly ping: () => Promise<number>;
}

/** Readiness is asked every few seconds and must answer within one; a dependency that takes longer is down. */
const PING_DEADLINE_MS = 1_000;

/** What this process depends on. Each part registers itself where it is wired. */
@Injectable()
export class Dependencies {
  private readonly all: Dependency[] = [];

  constructor(private readonly metrics: Metrics) {}

  add(dependency: Dependency): void {
    this.all.push(dependency);
  }

  /** The state of each, asked now, at the same time; the metrics tell it until the next time. */
  async check(): Promise<Record<string, DependencyHealth>> {
    const entries = await Promise.all(
      this.all.map(async ({ name, required, ping }) => [name, await stateOf(name, required, ping)] as const),
    );
    for (const [dependency, { state }] of entries)
      this.metrics.dependencyUp.set({ dependency }, state === 'up' ? 1 : 0);
    return Object.fromEntries(entries);
  }
}

async function stateOf(
  name: string,
  required: boolean,
  ping: () => Promise<number>,
): Promise<DependencyHealth> {
  try {
    const latency = await withDeadline(ping(), PING_DEADLINE_MS, name);
    return { state: 'up', required, latencyMs: Math.round(latency * 10) / 10 };
  } catch {
    return { state: 'down', required, latencyMs: null };
  }
}
