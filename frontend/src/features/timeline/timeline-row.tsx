import type { Conversation, Me, Message } from '@parley/protocol';
import { memo } from 'react';
import { systemSentence, type NameOf } from '../../lib/system-sentence.js';
import type { MessageCommands, MessageRights } from './message-commands.js';
import { MessageRow } from './message-row.js';
import { OutgoingRow } from './outgoing-row.js';
import { DaySeparator, UnreadSeparator } from './separators.js';
import type { TimelineItem } from './timeline-items.js';

export interface RowContext {
  me: Me;
  kind: Conversation['kind'];
  nameOf: NameOf;
  imageOf: (userId: string) => string | null;
  messageById: (id: string) => Message | undefined;
  rights: MessageRights;
  commands: MessageCommands;
  /** The highest seq that somebody else has read. */
  readSeq: number;
  openSheet: (message: Message) => void;
}

export const TimelineRow = memo(function TimelineRow({
  item,
  context,
  now,
  highlighted,
  focused,
}: {
  item: TimelineItem;
  context: RowContext;
  now: Date;
  highlighted: boolean;
  focused: boolean;
}) {
  return (
    <>
      {item.day !== null && <DaySeparator day={item.day} now={now} />}
      {item.unread && <UnreadSeparator />}
      {item.type === 'system' ? (
        <SystemLine message={item.message} context={context} />
      ) : item.type === 'message' ? (
        <MessageRow
          message={item.message}
          first={item.first}
          last={item.last}
          context={context}
          highlighted={highlighted}
          focused={focused}
        />
      ) : (
        <OutgoingRow entry={item.entry} first={item.first} last={item.last} context={context} />
      )}
    </>
  );
});

function SystemLine({ message, context }: { message: Message; context: RowContext }) {
  const sentence =
    message.system === null
      ? null
      : systemSentence(message.system, {
          meId: context.me.id,
          senderId: message.senderId,
          nameOf: context.nameOf,
        });
  // A kind that a later server sends keeps its place in the log, and says nothing here.
  if (sentence === null) return null;
  return (
    <p className="mx-auto max-w-prose px-4 py-1.5 text-center text-[0.8125rem] text-ink-2 [overflow-wrap:anywhere]">
      {sentence}
    </p>
  );
}
