import type { Cluster } from '../ground/cluster.js';
import { single } from '../report/spread.js';
import type { Figure, Table } from '../report/report.js';
import { cpuSecondsOfFamily, memoryOfFamily } from './process-table.js';

export interface Used {
  readonly name: string;
  /** Cores, on average. */
  readonly cores: number;
  /** The most of it that was seen, shared memory counted once. */
  readonly memoryMiB: number;
}

/** What each part of the product takes while something runs. */
export class UsageGauge {
  private readonly parts: { name: string; pid: number; from: number; memory: number }[];
  private readonly began = performance.now();

  constructor(cluster: Cluster) {
    const { instances, worker, nginx, postgres, redis } = cluster;
    this.parts = [...instances, worker, nginx, postgres, redis].flatMap(({ name, pid }) =>
      pid === null ? [] : [{ name, pid, from: cpuSecondsOfFamily(pid), memory: memoryOfFamily(pid) }],
    );
  }

  /** Looks at the memory; what is used in between two looks is not seen. */
  look(): void {
    for (const part of this.parts) part.memory = Math.max(part.memory, memoryOfFamily(part.pid));
  }

  read(): Used[] {
    this.look();
    const seconds = (performance.now() - this.began) / 1_000;
    return this.parts.map(({ name, pid, from, memory }) => ({
      name,
      cores: Math.max(0, cpuSecondsOfFamily(pid) - from) / seconds,
      memoryMiB: memory / 1_024 ** 2,
    }));
  }
}

export function usageTable(used: readonly Used[]): Table {
  return {
    title: 'What each part took',
    columns: ['part', 'cores, on average', 'memory, MiB'],
    rows: used.map(({ name, cores, memoryMiB }) => [name, cores.toFixed(2), Math.round(memoryMiB)]),
  };
}

export const told = (name: string, value: number, unit: string): Figure => ({
  name,
  unit,
  value: single(value),
});
