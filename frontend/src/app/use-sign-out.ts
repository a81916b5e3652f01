import { useCallback } from 'react';
import { useClient } from '../lib/chat/client-context.js';
import { forgetDrafts } from '../lib/drafts.js';

/** Ends the session, also when the server can not be told: whoever signs out on a shared computer means it. */
export function useSignOut(): () => Promise<void> {
  const client = useClient();
  return useCallback(async () => {
    forgetDrafts();
    await client.logout().catch(() => undefined);
  }, [client]);
}
