import type { Logger } from '../logger/logger.js';

export interface Periodic {
  /** No further run starts; resolves when the one under way has ended. */
  stop: () => Promise<void>;
}

/**
 * Runs `work` about every so many milliseconds, never twice at once, until stopped. The pause is spread by a
 * tenth, so that instances started together do not meet. A failure is logged and the next run comes as planned.
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
    try {
      await work();
    } catch (error) {
      options.logger.failure(failure, error, {}, 'warn');
    }
    schedule();
  };
  const schedule = (): void => {
    if (stopped) return;
    const pause = options.everyMs * (0.9 + Math.random() * 0.1);
    timer = setTimeout(() => {
      running = run();
    }, pause);
    // A waiting timer must not keep a process alive that is done otherwise.
    timer.unref();
  };
  schedule();

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
