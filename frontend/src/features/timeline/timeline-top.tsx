import type { Conversation } from '@parley/protocol';
import { ErrorNote } from '../../components/ui/error-note.js';
import { Spinner } from '../../components/ui/spinner.js';

/** Room kept above the first message, so that nothing moves when what stands there changes. */
export const TIMELINE_TOP_PX = 64;

export function TimelineTop({
  conversation,
  hasBefore,
  failed,
  onRetry,
}: {
  conversation: Conversation;
  hasBefore: boolean;
  failed: boolean;
  onRetry: () => void;
}) {
  return (
    <div
      className="absolute inset-x-0 top-0 flex items-center justify-center px-4 text-sm text-ink-2"
      style={{ height: TIMELINE_TOP_PX }}
    >
      {failed ? (
        <ErrorNote onRetry={onRetry}>Older messages could not be loaded.</ErrorNote>
      ) : hasBefore ? (
        <Spinner />
      ) : (
        <p>
          {conversation.kind === 'direct'
            ? 'Your conversation begins here.'
            : `This ${conversation.kind} begins here.`}
        </p>
      )}
    </div>
  );
}
