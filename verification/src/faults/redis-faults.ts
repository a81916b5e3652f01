import { sleep } from '../driver/outcome.js';
import type { ManagedProcess } from '../run/cluster.js';
import type { Fault } from './fault.js';
import { becomes } from './instance-faults.js';
import { redisCommand } from './redis-command.js';

function redisFault(
  redis: ManagedProcess,
  name: string,
  blocking: boolean,
  holdMs: number,
  inject: () => Promise<string>,
  heal: () => Promise<void>,
): Fault {
  return { name, target: redis.name, affects: 'redis', process: null, blocking, holdMs, inject, heal };
}

/** One takes no time, and might find nothing under way. */
const FLUSHES = 5;
const nothing = (): Promise<void> => Promise.resolve();

export function freezeRedis(redis: ManagedProcess, forMs: number): Fault {
  return redisFault(
    redis,
    'SIGSTOP Redis',
    true,
    forMs,
    async () => {
      if (redis.pid === null) throw new Error('Redis does not run');
      redis.pause();
      await becomes(redis.pid, 'T');
      return `process ${String(redis.pid)} is stopped`;
    },
    () => {
      redis.resume();
      return Promise.resolve();
    },
  );
}

export function killRedis(redis: ManagedProcess, downMs: number): Fault {
  return redisFault(
    redis,
    'kill -9 Redis',
    true,
    downMs,
    async () => {
      const pid = redis.pid;
      if (pid === null) throw new Error('Redis does not run');
      await redis.kill();
      await becomes(pid, null);
      return `process ${String(pid)} is gone`;
    },
    async () => {
      if (redis.pid === null) await redis.start();
    },
  );
}

export function flushRedis(redis: ManagedProcess): Fault {
  return redisFault(
    redis,
    'FLUSHALL Redis',
    false,
    0,
    async () => {
      let gone = 0;
      for (let time = 0; time < FLUSHES; time += 1) {
        gone += Number((await redisCommand(redis.port, 'DBSIZE')).slice(1));
        await redisCommand(redis.port, 'FLUSHALL');
        await sleep(200);
      }
      if (gone === 0) throw new Error('there was nothing to flush');
      return `${String(gone)} keys are gone after ${String(FLUSHES)} flushes`;
    },
    nothing,
  );
}

/** Subscriptions are cut again and again: what is published meanwhile reaches nobody. */
export function cutSubscribers(redis: ManagedProcess, forMs: number): Fault {
  return redisFault(
    redis,
    'CLIENT KILL TYPE pubsub',
    false,
    0,
    async () => {
      let cut = 0;
      const end = Date.now() + forMs;
      while (Date.now() < end) {
        cut += Number((await redisCommand(redis.port, 'CLIENT KILL TYPE pubsub')).slice(1));
        await sleep(60);
      }
      if (cut === 0) throw new Error('there was no subscriber');
      return `${String(cut)} subscribers were cut`;
    },
    nothing,
  );
}
