import type { Observable } from '@parley/client';
import { useSyncExternalStore } from 'react';

/** The present value; the component renders again when it changes. */
export function useObservable<T>(observable: Observable<T>): T {
  return useSyncExternalStore(observable.subscribe, observable.getSnapshot);
}
