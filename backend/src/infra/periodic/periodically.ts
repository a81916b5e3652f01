import type { Logger } from '../logger/logger.js';

export interface Periodic {
  /** No further run starts; resolves when the one under way has ended. */
  stop: () => Promise<void>;
}

/** Of the time between two starts: work that takes long, since what it asks is slow, must leave that alone for a while. */
const LEAST_PAUSE_SHARE = 0.5;

/**
 * Runs `work` about every so many milliseconds from start to start, never twice at once, until stopped. The time is spread by
 * a tenth, so that instances started together do not meet. A failure is logged and the next run comes as planned.
 */
export function periodically(
  options: { name: string; everyMs: number; logger: Logger },
  work: () => Promise<void>,
): Periodic {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  const failure = `${options.name} failed and runs again`;
  options.logger.expectFailure(failure, 'warn');

  const run = async (): Promise<void> => {
    const startedAt = performance.now();
    try {
      await work();
    } catch (error) {
      options.logger.failure(failure, error, {}, 'warn');
    }
    schedule(performance.now() - startedAt);
  };
  const schedule = (tookMs: number): void => {
    if (stopped) return;
    const everyMs = options.everyMs * (0.9 + Math.random() * 0.1);
    const pause = Math.max(everyMs - tookMs, everyMs * LEAST_PAUSE_SHARE);
    timer = setTimeout(() => {
      running = run();
    }, pause);
    // A waiting timer must not keep a process alive that is done otherwise.
    timer.unref();
  };
  schedule(0);

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
