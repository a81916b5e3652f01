import { setTimeout as pause } from 'node:timers/promises';
import { Fleet } from '../driver/fleet.js';
import type { Subject } from '../ground/subject.js';
import { Inspector } from '../machine/inspector.js';
import { residentBytesOf } from '../machine/process-table.js';
import type { Sizes } from '../sizes.js';
import type { World } from '../workload.js';

export interface MemoryRun {
  readonly subject: Subject['name'];
  readonly steps: readonly { readonly users: number; readonly residentBytes: number }[];
  /** The slope over the steps: what stands still in a process does not count. */
  readonly bytesPerUser: number;
}

/** Connects more and more people who do nothing, and reads after each step what the process holds once garbage is collected. */
export async function runMemory(subject: Subject, world: World, sizes: Sizes): Promise<MemoryRun> {
  const { steps: counts, settleMs } = sizes.memory;
  const fleet = new Fleet(sizes.receiverProcesses);
  const server = await subject.start();
  try {
    const inspector = await Inspector.open(server.pid, server.inspectorPort);
    const steps: { users: number; residentBytes: number }[] = [];
    let connected = 0;
    for (const users of counts) {
      await fleet.connect({
        urlOf: () => server.url,
        users: Array.from({ length: users - connected }, (_, index) => connected + index),
        senders: new Set(),
        authOf: (user) => server.authOf(user),
        atOnce: sizes.handshakesAtOnce,
      });
      connected = users;
      await pause(settleMs);
      // Twice: what the first frees may hold more.
      for (let time = 0; time < 2; time += 1) await inspector.call('HeapProfiler.collectGarbage');
      await pause(settleMs / 3);
      steps.push({ users, residentBytes: residentBytesOf(server.pid) });
    }
    inspector.close();
    return { subject: subject.name, steps, bytesPerUser: slope(steps) };
  } finally {
    await fleet.stop();
    await server.stop();
  }
}

/** Of the line through the points with the least squares. */
function slope(points: readonly { users: number; residentBytes: number }[]): number {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const users = mean(points.map((point) => point.users));
  const bytes = mean(points.map((point) => point.residentBytes));
  let above = 0;
  let below = 0;
  for (const point of points) {
    above += (point.users - users) * (point.residentBytes - bytes);
    below += (point.users - users) ** 2;
  }
  return above / below;
}
