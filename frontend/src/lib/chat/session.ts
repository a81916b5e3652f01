import type { AuthState } from '@parley/client';
import type { Me } from '@parley/protocol';
import { useClient } from './client-context.js';
import { useObservable } from './use-observable.js';

export function useAuth(): AuthState {
  return useObservable(useClient().auth);
}

/** The person signed in; only for what is shown to somebody signed in. */
export function useMe(): Me {
  const auth = useAuth();
  if (auth.status !== 'signed-in') throw new Error('Nobody is signed in.');
  return auth.user;
}
