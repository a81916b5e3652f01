import type { Message } from '@parley/protocol';
import { useMemo } from 'react';
import { showToast } from '../../components/ui/toaster.js';
import { useClient } from '../../lib/chat/client-context.js';
import { failureText } from '../../lib/failure.js';
import type { MessageCommands } from './message-commands.js';

/** Commands that need nothing but the client; what concerns the composer and the dialogs is the screen's. */
export function useMessageCommands(
  screen: Pick<MessageCommands, 'reply' | 'edit' | 'remove'>,
): Omit<MessageCommands, 'jumpTo'> {
  const client = useClient();
  const { reply, edit, remove } = screen;
  return useMemo(() => {
    const telling = (work: Promise<unknown>): void => {
      work.catch((error: unknown) => showToast(failureText(error)));
    };
    return {
      reply,
      edit,
      remove,
      react: (message, emoji, on) => telling(client.react(message.id, emoji, on)),
      pin: (message, on) => telling(client.pin(message.id, on)),
      copy: (message: Message) => {
        navigator.clipboard.writeText(message.text).then(
          () => showToast('Copied'),
          () => showToast('The browser did not let Parley copy.'),
        );
      },
      retry: (entry) => client.retrySend(entry.clientMessageId),
      discard: (entry) => client.discardSend(entry.clientMessageId),
    };
  }, [client, reply, edit, remove]);
}
