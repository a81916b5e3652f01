import type { Conversation, Id } from '@parley/protocol';
import { useCallback, useSyncExternalStore } from 'react';
import { useClient } from './client-context.js';
import { useObservable } from './use-observable.js';

export function useConversations(): readonly Conversation[] {
  return useObservable(useClient().conversations);
}

/** `undefined`: not (yet) one of the reader's. Renders again only when this one changes. */
export function useConversation(id: Id): Conversation | undefined {
  const client = useClient();
  const read = useCallback(() => client.conversation(id), [client, id]);
  return useSyncExternalStore(client.conversations.subscribe, read);
}
