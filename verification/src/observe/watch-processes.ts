import { readFileSync } from 'node:fs';
import { processUse } from '../faults/process-state.js';
import type { Recorder } from '../recording/recorder.js';
import type { Cluster, ManagedProcess } from '../run/cluster.js';

const EVERY_MS = 2_000;
/** What a log must not hold: something that failed where nobody waited for it. */
const FAULTS = /nobody awaited|unhandled ?rejection|uncaught ?exception|MaxListenersExceeded|out of memory/i;
const REPORTED_LINES = 5;

/** Samples memory and handles of each process until it is stopped. */
export function watchProcesses(cluster: Cluster, recorder: Recorder): { stop(): void } {
  const sample = (): void => {
    for (const process of [...cluster.instances, cluster.worker]) {
      const use = process.pid === null ? null : processUse(process.pid, Number(new URL(process.url).port));
      if (use !== null && process.pid !== null)
        recorder.write({ k: 'sample', process: process.name, pid: process.pid, ...use });
    }
  };
  sample();
  const timer = setInterval(sample, EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}

/** Writes down which instance a process is now: every start is another one. */
export async function noteProcess(
  process: ManagedProcess,
  readyMs: number,
  recorder: Recorder,
): Promise<void> {
  const pid = process.pid ?? 0;
  const health = await fetch(`${process.url}/health`, { signal: AbortSignal.timeout(3_000) })
    .then((response) => response.json() as Promise<{ instanceId?: string }>)
    .catch(() => ({ instanceId: undefined }));
  recorder.write({
    k: 'process',
    process: process.name,
    pid,
    instance: health.instanceId ?? null,
    readyMs: Math.round(readyMs),
  });
}

export function readLogs(processes: ManagedProcess[], recorder: Recorder): void {
  for (const { name, logFile } of processes) {
    let lines: string[] = [];
    try {
      lines = readFileSync(logFile, 'utf8').split('\n');
    } catch {
      continue;
    }
    for (const line of lines.filter((candidate) => FAULTS.test(candidate)).slice(0, REPORTED_LINES)) {
      recorder.write({ k: 'log-fault', process: name, line: line.slice(0, 500) });
    }
  }
}
