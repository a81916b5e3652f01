import { useSyncExternalStore } from 'react';

/** Labels such as "Yesterday" change by the minute at most. */
const TICK_MS = 60_000;

let now = new Date();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = new Date();
    for (const tell of listeners) tell();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time, to the minute, from one timer for all who show it. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => now);
}
