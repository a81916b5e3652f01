import type { World } from '../workload.js';
import { accessToken } from './access-token.js';
import type { ManagedProcess } from './cluster.js';
import type { Subject } from './subject.js';

/** The product: one instance, new for each run, spoken to without a proxy as the baselines are. */
export function parley(
  instance: ManagedProcess,
  secret: string,
  inspectorPort: number,
  world: World,
): Subject {
  return {
    name: 'Parley',
    async start() {
      await instance.terminate();
      await instance.start();
      if (instance.pid === null) throw new Error('The instance does not run');
      return {
        url: instance.url,
        pid: instance.pid,
        inspectorPort,
        authOf: (user) => ({ token: accessToken(secret, world.userId(user), world.sessionId(user)) }),
        stop: async () => {
          await instance.terminate();
        },
      };
    },
  };
}
