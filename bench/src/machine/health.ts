import { readFileSync } from 'node:fs';
import type { HealthLimits } from '../sizes.js';
import { cpuSecondsOfFamily } from './process-table.js';

interface Moment {
  readonly totalTicks: number;
  readonly busyTicks: number;
  readonly stealTicks: number;
  readonly ownSeconds: number;
}

/** What the machine did during a run, in shares of all its processor time. */
export interface Health {
  readonly steal: number;
  readonly foreign: number;
  readonly senderLagP99Ms: number;
  /** Of the driver processes, the worst. */
  readonly receiverLagP99Ms: number;
  readonly driverCpu: number;
}

export type MachineHealth = Pick<Health, 'steal' | 'foreign'>;

const TICKS_PER_SECOND = 100;

function now(): Moment {
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '';
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softIrq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const busyTicks = user + nice + system + irq + softIrq;
  return {
    totalTicks: busyTicks + idle + wait + steal,
    busyTicks,
    stealTicks: steal,
    ownSeconds: cpuSecondsOfFamily(process.pid),
  };
}

/** Begins to watch; the answer ends it. */
export function watchMachine(): () => MachineHealth {
  const before = now();
  return () => {
    const after = now();
    const total = Math.max(1, after.totalTicks - before.totalTicks);
    const own = (after.ownSeconds - before.ownSeconds) * TICKS_PER_SECOND;
    return {
      steal: (after.stealTicks - before.stealTicks) / total,
      foreign: Math.max(0, after.busyTicks - before.busyTicks - own) / total,
    };
  };
}

/** Why a run says nothing; empty where it is sound. */
export function ailments(health: Health, limits: HealthLimits): string[] {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const found: string[] = [];
  if (health.steal > limits.steal) found.push(`${percent(health.steal)} of the processor was stolen`);
  if (health.foreign > limits.foreign) found.push(`other programs took ${percent(health.foreign)} of it`);
  if (health.senderLagP99Ms > limits.senderLagMs)
    found.push(`the generator was late by ${health.senderLagP99Ms.toFixed(0)} ms (p99)`);
  if (health.receiverLagP99Ms > limits.receiverLagMs)
    found.push(`a driver process came round late by ${health.receiverLagP99Ms.toFixed(0)} ms (p99)`);
  if (health.driverCpu > limits.driverCpu)
    found.push(`a driver process took ${percent(health.driverCpu)} of a core`);
  return found;
}
