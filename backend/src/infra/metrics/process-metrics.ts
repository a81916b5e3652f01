import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';
import { totalmem } from 'node:os';
import { VERSION } from '../version.js';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** Groups of failures that are told apart. They are constant texts of this program, of which there are about 40. */
const ERROR_GROUPS_MAX = 100;
const OTHER = 'other';

/** This process: what it is, what it may use, and what went wrong in it. */
export class ProcessMetrics {
  private readonly errors: Counter<'group' | 'level'>;
  private readonly level: Gauge<'level'>;
  private readonly groups = new Set<string>([OTHER]);

  constructor(registry: Registry) {
    const registers = [registry];
    this.errors = new Counter({
      name: 'parley_errors_total',
      help: 'Failures that were logged, by group (the text of the entry) and level.',
      labelNames: ['group', 'level'] as const,
      registers,
    });
    this.level = new Gauge({
      name: 'parley_log_level',
      help: '1 for the level of the log that is in force.',
      labelNames: ['level'] as const,
      registers,
    });
    new Gauge({
      name: 'parley_build_info',
      help: '1, with the version of this build.',
      labelNames: ['version'] as const,
      registers,
    }).set({ version: VERSION }, 1);
    new Gauge({
      name: 'parley_memory_limit_bytes',
      help: 'Memory that this process may use: the limit of its control group, or the memory of the machine.',
      registers,
    }).set(memoryLimit());
  }

  /** Counts a failure and answers the group it was counted in. */
  failed(message: string, level: LogLevel): string {
    const slug = slugOf(message);
    const group = this.groups.has(slug) || this.groups.size <= ERROR_GROUPS_MAX ? slug : OTHER;
    this.groups.add(group);
    this.errors.inc({ group, level });
    return group;
  }

  /** A failure that stands at 0 from now on: `increase()` does not see the first event of a series that begins with it. */
  expectFailure(message: string, level: LogLevel): void {
    const group = slugOf(message);
    this.groups.add(group);
    this.errors.inc({ group, level }, 0);
  }

  logLevel(level: LogLevel): void {
    for (const each of LEVELS) this.level.set({ level: each }, each === level ? 1 : 0);
  }
}

/** `A command failed` is `a_command_failed`. */
export function slugOf(message: string): string {
  return message
    .toLowerCase()
    .replaceAll("'", '')
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, 60);
}

/** Without a limit the kernel says a number beyond any machine, or nothing. */
function memoryLimit(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
