import type { OutboxEntry } from '@parley/client';
import { RotateCcw, Trash2 } from 'lucide-react';
import { Button } from '../../components/ui/button.js';
import { classNames } from '../../lib/class-names.js';
import { clockLabel } from '../../lib/time-labels.js';
import { Bubble, BubbleMeta } from './bubble.js';
import { DeliveryMark } from './delivery-mark.js';
import { MessageText } from './message-text.js';
import { ReplyQuote } from './reply-quote.js';
import type { RowContext } from './timeline-row.js';

/** An own message on its way: the same bubble that it will be, with how far it has come. */
export function OutgoingRow({
  entry,
  first,
  last,
  context,
}: {
  entry: OutboxEntry;
  first: boolean;
  last: boolean;
  context: RowContext;
}) {
  const { commands } = context;
  const failed = entry.state === 'failed';
  const answered = entry.replyToId;
  return (
    <div
      data-outgoing={entry.state}
      className={classNames('flex flex-col items-end', first ? 'pt-2' : 'pt-0.5')}
    >
      <div className="max-w-[85%] min-w-0">
        <Bubble own first={first} last={last} failed={failed}>
          <span className="sr-only">You: </span>
          {answered !== null && (
            <ReplyQuote
              message={context.messageById(answered)}
              nameOf={context.nameOf}
              onJump={() => commands.jumpTo(answered)}
            />
          )}
          <MessageText text={entry.text} me={context.me} />
          <BubbleMeta>
            <time dateTime={entry.createdAt}>{clockLabel(new Date(entry.createdAt))}</time>
            <DeliveryMark delivery={entry.state} />
          </BubbleMeta>
        </Bubble>
      </div>
      {failed && (
        <div role="alert" className="mt-1 flex flex-wrap items-center justify-end gap-1 text-sm">
          <span className="px-1 text-danger">
            Not sent{entry.error === null ? '' : `: ${entry.error.message}`}
          </span>
          <Button look="plain" size="small" onClick={() => commands.retry(entry)}>
            <RotateCcw className="size-4" aria-hidden="true" />
            Try again
          </Button>
          <Button look="plain" size="small" onClick={() => commands.discard(entry)}>
            <Trash2 className="size-4" aria-hidden="true" />
            Delete
          </Button>
        </div>
      )}
    </div>
  );
}
