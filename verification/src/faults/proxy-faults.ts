import { sleep } from '../driver/outcome.js';
import type { Proxy } from '../run/cluster.js';
import type { Fault } from './fault.js';

const WORKERS_CHANGE_WITHIN_MS = 3_000;

/** One is over in a moment, and might find nothing under way. */
const RELOADS = 4;

async function reloadOnce(nginx: Proxy): Promise<number[]> {
  const before = new Set(nginx.workerPids());
  nginx.reload();
  await sleep(200);
  for (let waited = 0; waited < WORKERS_CHANGE_WITHIN_MS; waited += 50) {
    const fresh = nginx.workerPids().filter((pid) => !before.has(pid));
    if (fresh.length > 0) return fresh;
    await sleep(50);
  }
  throw new Error('its workers stayed the same');
}

export function reloadProxy(nginx: Proxy): Fault {
  return {
    name: 'reload nginx',
    target: nginx.name,
    affects: 'proxy',
    process: null,
    blocking: false,
    holdMs: 0,
    inject: async () => {
      const reloaded: number[] = [];
      for (let time = 0; time < RELOADS; time += 1) reloaded.push(...(await reloadOnce(nginx)));
      return `new workers ${reloaded.join(', ')}`;
    },
    heal: () => Promise.resolve(),
  };
}
