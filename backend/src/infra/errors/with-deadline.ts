/** The time ran out; what was awaited may still happen. */
export class DeadlineError extends Error {
  constructor(what: string, milliseconds: number) {
    super(`${what} took longer than ${String(milliseconds)} ms`);
    this.name = 'DeadlineError';
  }
}

/**
 * Waits for `work` at most so many milliseconds, then rejects with `DeadlineError`. The work is not stopped;
 * a late rejection of it is swallowed, since nobody waits for it any more.
 */
export function withDeadline<T>(work: Promise<T>, milliseconds: number, what: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new DeadlineError(what, milliseconds));
    }, milliseconds);
    work.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
