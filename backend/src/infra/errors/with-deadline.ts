/** The time ran out; what was awaited may still happen. */
export class DeadlineError extends Error {
  constructor(what: string, milliseconds: number) {
    super(`${what} took longer than ${String(milliseconds)} ms`);
    this.name = 'DeadlineError';
  }
}

/**
 * Waits for `work` at most so many milliseconds, then rejects with `DeadlineError`. The work is not stopped;
 * a late rejection of it is swallowed, since nobody waits for it any more. After a pause of the event loop timers
 * run before the answers that arrived meanwhile are read: those are read first, so that our own delay is not taken
 * for an outage of the other side.
 */
export function withDeadline<T>(work: Promise<T>, milliseconds: number, what: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let lastTurn: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => {
      // Immediates run after input was read, in the same turn of the loop.
      lastTurn = setImmediate(() => {
        reject(new DeadlineError(what, milliseconds));
      });
    }, milliseconds);
    work.then(
      (value) => {
        clearTimeout(timer);
        clearImmediate(lastTurn);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        clearImmediate(lastTurn);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
