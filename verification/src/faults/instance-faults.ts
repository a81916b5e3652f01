import { sleep } from '../driver/outcome.js';
import type { ManagedProcess } from '../run/cluster.js';
import type { Fault } from './fault.js';
import { processState } from './process-state.js';
import type { Tunnel } from './tunnel.js';

/** Called after an instance is up again, since each start is another instance. */
export type Noted = (process: ManagedProcess, readyMs: number) => Promise<void>;

const STATE_WITHIN_MS = 1_000;

/** Waits until the kernel says so; a signal is delivered, not obeyed at once. */
export async function becomes(pid: number, state: string | null): Promise<void> {
  for (let waited = 0; waited < STATE_WITHIN_MS; waited += 10) {
    if (processState(pid) === state) return;
    await sleep(10);
  }
  throw new Error(`process ${String(pid)} is ${processState(pid) ?? 'gone'}, not ${state ?? 'gone'}`);
}

function pidOf(process: { name: string; pid: number | null }): number {
  if (process.pid === null) throw new Error(`${process.name} does not run`);
  return process.pid;
}

async function restart(process: ManagedProcess, noted: Noted): Promise<void> {
  if (process.pid !== null) return;
  await noted(process, await process.start());
}

export function killInstance(process: ManagedProcess, downMs: number, noted: Noted): Fault {
  return {
    name: 'kill -9 instance',
    target: process.name,
    affects: 'instance',
    process: process.name,
    blocking: false,
    holdMs: downMs,
    inject: async () => {
      const pid = pidOf(process);
      await process.kill();
      await becomes(pid, null);
      return `process ${String(pid)} is gone`;
    },
    heal: () => restart(process, noted),
  };
}

/** Jobs that were begun are begun again: `jobs-done` judges that each change has left exactly one. */
export function killWorker(process: ManagedProcess, downMs: number, noted: Noted): Fault {
  return { ...killInstance(process, downMs, noted), name: 'kill -9 worker' };
}

export function freezeInstance(process: ManagedProcess, forMs: number): Fault {
  return {
    name: 'SIGSTOP instance',
    target: process.name,
    affects: 'instance',
    process: process.name,
    blocking: true,
    holdMs: forMs,
    inject: async () => {
      const pid = pidOf(process);
      process.pause();
      await becomes(pid, 'T');
      return `process ${String(pid)} is stopped`;
    },
    heal: () => {
      process.resume();
      return Promise.resolve();
    },
  };
}

export function drainInstance(process: ManagedProcess, downMs: number, noted: Noted): Fault {
  return {
    name: 'SIGTERM instance',
    target: process.name,
    affects: 'instance',
    process: process.name,
    blocking: false,
    holdMs: downMs,
    inject: async () => {
      const ended = await process.terminate();
      return `ended with ${String(ended.code ?? ended.signal)} after ${String(Math.round(ended.ms))} ms`;
    },
    heal: () => restart(process, noted),
  };
}

/** A deployment: each is ended and started again, and the next is not touched before it is ready. Nothing is between two. */
export function rollingRestart(processes: readonly ManagedProcess[], noted: Noted): Fault[] {
  return processes.map((process) => ({
    ...drainInstance(process, 0, noted),
    name: 'SIGTERM rolling restart',
  }));
}

/** An instance that was just started again has nobody yet; whoever reconnects or asks by REST comes to it within this time. */
const USED_WITHIN_MS = 15_000;

/** The connection between two parts goes silent, as with packets dropped: nobody is told. */
export function silence(
  name: string,
  tunnel: Tunnel,
  affects: 'redis' | 'postgres' | 'network',
  process: string,
  forMs: number,
): Fault {
  return {
    name: `DROP ${name}`,
    target: process,
    affects,
    process,
    blocking: true,
    holdMs: forMs,
    inject: async () => {
      await tunnel.used(USED_WITHIN_MS);
      const hit = tunnel.drop();
      if (hit === 0) throw new Error('there was no connection');
      return `${String(hit)} connections are silent`;
    },
    heal: () => {
      tunnel.heal();
      // What was silent too long is stale on both sides; a network that comes back resets it sooner or later.
      tunnel.resetOnce();
      return Promise.resolve();
    },
  };
}

export function reset(
  name: string,
  tunnel: Tunnel,
  affects: 'redis' | 'postgres' | 'network',
  process: string,
  forMs: number,
): Fault {
  return {
    name: `RST ${name}`,
    target: process,
    affects,
    process,
    blocking: true,
    holdMs: forMs,
    inject: async () => {
      await tunnel.used(USED_WITHIN_MS);
      const hit = tunnel.reset();
      if (hit === 0) throw new Error('there was no connection');
      return `${String(hit)} connections were reset, new ones refused`;
    },
    heal: () => {
      tunnel.heal();
      return Promise.resolve();
    },
  };
}
