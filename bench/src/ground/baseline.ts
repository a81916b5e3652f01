import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { World } from '../workload.js';
import type { FreePorts } from './cluster.js';
import type { RunningSubject, Subject } from './subject.js';

const ENTRIES = {
  'Socket.IO': ['socket-io', 'classic'],
  'Socket.IO sharded': ['socket-io', 'sharded'],
  ws: ['bare-ws', ''],
} as const;

/** One of bench/src/baselines, in a process of its own. */
export function baseline(
  name: keyof typeof ENTRIES,
  freePorts: FreePorts,
  redisUrl: string,
  world: World,
): Subject {
  const [program, adapter] = ENTRIES[name];
  const entry = fileURLToPath(new URL(`../baselines/${program}.js`, import.meta.url));
  return {
    name,
    async start(): Promise<RunningSubject> {
      const [port = 0, inspectorPort = 0] = await freePorts(2);
      const child = fork(entry, [String(port), redisUrl, adapter], {
        env: { ...process.env, NODE_ENV: 'production' },
        execArgv: [`--inspect-port=${inspectorPort}`],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
      let complaints = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        complaints += text;
      });
      const ended = once(child, 'exit').then(() => {
        throw new Error(`The baseline ${name} ended before it was ready: ${complaints}`);
      });
      await Promise.race([once(child, 'message'), ended]);
      // From here on its end is not a failure of the start.
      ended.catch(() => undefined);
      if (child.pid === undefined) throw new Error(`The baseline ${name} does not run`);
      return {
        url: `http://127.0.0.1:${port}`,
        pid: child.pid,
        inspectorPort,
        authOf: (user) => ({ userId: world.userId(user), rooms: world.conversationIdsOf(user) }),
        stop: async () => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const gone = once(child, 'exit');
          child.disconnect();
          await gone;
        },
      };
    },
  };
}
