import { sleep } from '../driver/outcome.js';
import type { Proxy } from '../run/cluster.js';
import type { Fault } from './fault.js';

const WORKERS_CHANGE_WITHIN_MS = 3_000;

export function reloadProxy(nginx: Proxy): Fault {
  return {
    name: 'reload nginx',
    target: nginx.name,
    affects: 'proxy',
    process: null,
    blocking: false,
    holdMs: 0,
    inject: async () => {
      const before = new Set(nginx.workerPids());
      nginx.reload();
      for (let waited = 0; waited < WORKERS_CHANGE_WITHIN_MS; waited += 50) {
        await sleep(50);
        const fresh = nginx.workerPids().filter((pid) => !before.has(pid));
        if (fresh.length > 0) return `new workers ${fresh.join(', ')}`;
      }
      throw new Error('its workers stayed the same');
    },
    heal: () => Promise.resolve(),
  };
}
