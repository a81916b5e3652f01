import type { Timeline, TimelineSnapshot } from '@parley/client';
import type { Conversation, Me, Message } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { ErrorNote } from '../../components/ui/error-note.js';
import { useClient } from '../../lib/chat/client-context.js';
import { useNameOf, usePeople } from '../../lib/chat/people.js';
import { membersQuery } from '../../lib/queries.js';
import { useNow } from '../../lib/use-now.js';
import { JumpButton } from './jump-button.js';
import type { MessageCommands } from './message-commands.js';
import { MessageSheet } from './message-sheet.js';
import { NewMessageAnnouncer } from './new-message-announcer.js';
import { othersReadSeq } from './others-read-seq.js';
import { peopleNamedIn } from './people-named-in.js';
import { handleRowKey, rowKeyOf } from './row-keys.js';
import { timelineItems } from './timeline-items.js';
import { TimelineRow, type RowContext } from './timeline-row.js';
import { TimelineSkeleton } from './timeline-skeleton.js';
import { TimelineTop, TIMELINE_TOP_PX } from './timeline-top.js';
import { useJump } from './use-jump.js';
import { useOlderPages } from './use-older-pages.js';
import { useReadMarker } from './use-read-marker.js';
import { useStayAtEnd } from './use-stay-at-end.js';
import { useUnreadLine } from './use-unread-line.js';

/** A row of one line; every other height is measured as soon as the row is there. */
const ROW_ESTIMATE_PX = 46;
/** As near to the end as this counts as being there: new messages then keep the list at its end. */
const END_THRESHOLD_PX = 96;

export interface TimelineViewProps {
  conversation: Conversation;
  me: Me;
  timeline: Timeline;
  snapshot: TimelineSnapshot;
  commands: Omit<MessageCommands, 'jumpTo'>;
}

export function TimelineView({ conversation, me, timeline, snapshot, commands }: TimelineViewProps) {
  const client = useClient();
  const nameOf = useNameOf();
  const people = usePeople();
  const now = useNow();
  const scroller = useRef<HTMLDivElement>(null);
  const [focusedKey, setFocusedKey] = useState<string | null>(null);
  const [pressed, setPressed] = useState<Message | null>(null);
  const [placed, setPlaced] = useState(false);
  const ready = snapshot.status === 'ready';

  const unreadAfterSeq = useUnreadLine(conversation, ready);
  const { messages, pending, receipts } = snapshot;
  const items = useMemo(
    () => timelineItems({ messages, outgoing: pending, meId: me.id, unreadAfterSeq }),
    [messages, pending, me.id, unreadAfterSeq],
  );
  const messagesById = useMemo(() => new Map(messages.map((held) => [held.id, held])), [messages]);
  useEffect(() => client.ensurePeople(messages.flatMap(peopleNamedIn)), [client, messages]);

  const virtualizer = useVirtualizer<HTMLDivElement, Element>({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_ESTIMATE_PX,
    getItemKey: (index) => items[index]?.key ?? index,
    overscan: 8,
    paddingStart: TIMELINE_TOP_PX,
    paddingEnd: 12,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: END_THRESHOLD_PX,
  });

  // Opened: where the unread begins, else at the end. Once; from then on the place is the reader's.
  useLayoutEffect(() => {
    if (!ready || placed || items.length === 0) return;
    const unreadIndex = items.findIndex((item) => item.unread);
    if (unreadIndex > 0) virtualizer.scrollToIndex(unreadIndex, { align: 'start' });
    else virtualizer.scrollToEnd();
    setPlaced(true);
  }, [ready, placed, items, virtualizer]);

  // What one sends is what one wants to see.
  const newestPending = pending[pending.length - 1]?.clientMessageId;
  useLayoutEffect(() => {
    if (newestPending !== undefined) virtualizer.scrollToEnd();
  }, [newestPending, virtualizer]);

  useStayAtEnd(scroller, virtualizer, ready);

  const rows = virtualizer.getVirtualItems();
  const { failed: olderFailed, loadOlder } = useOlderPages(timeline, snapshot, rows[0]?.index ?? 0, placed);
  useReadMarker(conversation, items, virtualizer.range?.endIndex ?? -1, placed);
  const { highlightedId, jumpTo } = useJump(timeline, items, virtualizer, loadOlder);

  const members = useQuery(membersQuery(client, conversation.id)).data?.items;
  const readSeq = useMemo(
    () => othersReadSeq(me.id, members ?? [], receipts, messages),
    [me.id, members, receipts, messages],
  );
  const context = useMemo<RowContext>(
    () => ({
      me,
      kind: conversation.kind,
      nameOf,
      imageOf: (id) => people.get(id)?.avatarUrl ?? null,
      messageById: (id) => messagesById.get(id),
      rights: { moderates: conversation.kind !== 'direct' && conversation.me.role !== 'member' },
      commands: { ...commands, jumpTo },
      readSeq,
      openSheet: setPressed,
    }),
    [me, conversation.kind, conversation.me.role, nameOf, people, messagesById, commands, jumpTo, readSeq],
  );

  if (snapshot.status === 'error') {
    return (
      <div className="flex flex-1 items-center justify-center p-6">
        <ErrorNote onRetry={() => timeline.retry()}>
          The messages could not be loaded{snapshot.error === null ? '.' : `: ${snapshot.error.message}`}
        </ErrorNote>
      </div>
    );
  }
  if (!ready) return <TimelineSkeleton direct={conversation.kind === 'direct'} />;

  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <div
        ref={scroller}
        data-timeline
        // Messages that arrive are announced in words by NewMessageAnnouncer; rows that the virtual list puts in and
        // takes out while somebody scrolls are not news.
        role="log"
        aria-live="off"
        aria-label="Messages"
        onKeyDown={(event) => handleRowKey(event, { items, virtualizer, meId: me.id, commands })}
        onFocus={(event) => setFocusedKey(rowKeyOf(event.target))}
        onBlur={() => setFocusedKey(null)}
        className="flex flex-1 flex-col overflow-x-hidden overflow-y-auto overscroll-contain [overflow-anchor:none]"
      >
        <div
          className="relative mx-auto mt-auto w-full max-w-4xl shrink-0"
          style={{ height: virtualizer.getTotalSize() }}
        >
          <TimelineTop
            conversation={conversation}
            hasBefore={snapshot.hasBefore}
            failed={olderFailed}
            onRetry={() => void loadOlder()}
          />
          {rows.map((row) => {
            const item = items[row.index];
            if (item === undefined) return null;
            return (
              <div
                key={row.key}
                ref={virtualizer.measureElement}
                data-index={row.index}
                data-key={item.key}
                role="article"
                // One stop for Tab, at the newest; the arrow keys walk from there.
                tabIndex={item.key === (focusedKey ?? items[items.length - 1]?.key) ? 0 : -1}
                className="absolute inset-x-0 top-0 px-4 focus-visible:-outline-offset-2 md:px-6"
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <TimelineRow
                  item={item}
                  context={context}
                  now={now}
                  focused={item.key === focusedKey}
                  highlighted={item.type === 'message' && item.message.id === highlightedId}
                />
              </div>
            );
          })}
        </div>
      </div>
      <JumpButton
        shown={virtualizer.getDistanceFromEnd() > END_THRESHOLD_PX * 3}
        unread={conversation.me.unread}
        onJump={() => virtualizer.scrollToEnd()}
      />
      <NewMessageAnnouncer messages={messages} meId={me.id} nameOf={nameOf} />
      <MessageSheet
        message={pressed}
        meId={me.id}
        rights={context.rights}
        commands={context.commands}
        onClose={() => setPressed(null)}
      />
    </div>
  );
}
