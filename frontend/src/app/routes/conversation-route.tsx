import { useQuery } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { ErrorNote } from '../../components/ui/error-note.js';
import { TimelineSkeleton } from '../../features/timeline/timeline-skeleton.js';
import { useClient } from '../../lib/chat/client-context.js';
import { useConversation } from '../../lib/chat/conversations.js';
import { useMe } from '../../lib/chat/session.js';
import { failureCode, failureText } from '../../lib/failure.js';
import { ConversationScreen } from './conversation-screen.js';
import { NotHere } from './not-here.js';

export function ConversationRoute() {
  const { conversationId } = useParams({ from: '/app/c/$conversationId' });
  const { details = false } = useSearch({ from: '/app/c/$conversationId' });
  const me = useMe();
  const conversation = useConversation(conversationId);

  if (conversation === undefined) return <UnknownConversation key={conversationId} id={conversationId} />;
  return (
    // Nothing of one conversation's screen may be carried over into another's.
    <ConversationScreen key={conversationId} conversation={conversation} me={me} detailsOpen={details} />
  );
}

/** A link may lead to a conversation that the list does not hold yet, or that is nobody's business. */
function UnknownConversation({ id }: { id: string }) {
  const client = useClient();
  const found = useQuery({
    queryKey: ['conversation', id],
    queryFn: () => client.refreshConversation(id),
    retry: false,
    staleTime: 0,
  });
  if (
    found.isError &&
    (failureCode(found.error) === 'NOT_FOUND' || failureCode(found.error) === 'VALIDATION_FAILED')
  ) {
    return <NotHere />;
  }
  return (
    <main className="flex flex-1 flex-col bg-canvas">
      {found.isError ? (
        <div className="m-auto">
          <ErrorNote onRetry={() => void found.refetch()}>{failureText(found.error)}</ErrorNote>
        </div>
      ) : (
        <TimelineSkeleton direct={false} />
      )}
    </main>
  );
}
