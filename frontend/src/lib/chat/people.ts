import type { Id, User } from '@parley/protocol';
import { useCallback } from 'react';
import { useClient } from './client-context.js';
import { useObservable } from './use-observable.js';
import type { NameOf } from '../system-sentence.js';

export function usePeople(): ReadonlyMap<Id, User> {
  return useObservable(useClient().people);
}

export function useNameOf(): NameOf {
  const people = usePeople();
  return useCallback((id: Id) => people.get(id)?.displayName ?? null, [people]);
}
