/** A value that can be watched. Snapshots are immutable: a new one is a new object. Fits React's useSyncExternalStore. */
export interface Observable<T> {
  readonly getSnapshot: () => T;
  readonly subscribe: (listener: () => void) => () => void;
}

export class State<T> implements Observable<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private value: T) {}

  readonly getSnapshot = (): T => this.value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }
}

/** Resolves when the value satisfies the condition. */
export function whenever<T>(observable: Observable<T>, condition: (value: T) => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (condition(observable.getSnapshot())) {
      resolve();
      return;
    }
    const stop = observable.subscribe(() => {
      if (!condition(observable.getSnapshot())) return;
      stop();
      resolve();
    });
  });
}
