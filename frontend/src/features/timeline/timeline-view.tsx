import type { Timeline, TimelineSnapshot } from '@parley/client';
import type { Conversation, Me, Message } from '@parley/protocol';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { ErrorNote } from '../../components/ui/error-note.js';
import { classNames } from '../../lib/class-names.js';
import { useClient } from '../../lib/chat/client-context.js';
import { useNameOf, usePeople } from '../../lib/chat/people.js';
import { useNow } from '../../lib/use-now.js';
import { JumpButton } from './jump-button.js';
import type { MessageCommands } from './message-commands.js';
import { MessageSheet } from './message-sheet.js';
import { NewMessageAnnouncer } from './new-message-announcer.js';
import { timelineItems } from './timeline-items.js';
import { TimelineRow, type RowContext } from './timeline-row.js';
import { TimelineSkeleton } from './timeline-skeleton.js';
import { TimelineTop, TIMELINE_TOP_PX } from './timeline-top.js';
import { useReadMarker } from './use-read-marker.js';
import { useUnreadLine } from './use-unread-line.js';

/** A row of one line; every other height is measured as soon as the row is there. */
const ROW_ESTIMATE_PX = 46;
/** Older messages are asked for while this many rows are still above, so that reading up seldom waits. */
const LOAD_AHEAD_ROWS = 12;
/** As near to the end as this counts as being there: new messages then keep the list at its end. */
const END_THRESHOLD_PX = 96;
const HIGHLIGHT_MS = 1_600;
/** A quote may point far back; more pages than these would be a wait without an end. */
const JUMP_PAGES = 30;

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
  const [highlightedId, setHighlightedId] = useState<string | null>(null);
  const [pressed, setPressed] = useState<Message | null>(null);
  const [olderFailure, setOlderFailure] = useState(false);
  const ready = snapshot.status === 'ready';

  const unreadAfterSeq = useUnreadLine(conversation, ready);
  const { messages, pending } = snapshot;
  const items = useMemo(
    () => timelineItems({ messages, outgoing: pending, meId: me.id, unreadAfterSeq }),
    [messages, pending, me.id, unreadAfterSeq],
  );
  const messagesById = useMemo(() => new Map(messages.map((held) => [held.id, held])), [messages]);

  useEffect(() => {
    client.ensurePeople(messages.flatMap((held) => namedIn(held)));
  }, [client, messages]);

  // The virtualizer is meant to be a mutable object that the component reads while it renders.
  const virtualizer = useVirtualizer({
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
  const placed = useRef(false);
  useLayoutEffect(() => {
    if (!ready || placed.current || items.length === 0) return;
    placed.current = true;
    const unreadIndex = items.findIndex((item) => item.unread);
    if (unreadIndex > 0) virtualizer.scrollToIndex(unreadIndex, { align: 'start' });
    else virtualizer.scrollToEnd();
  }, [ready, items, virtualizer]);

  // What one sends is what one wants to see.
  const newestPending = pending[pending.length - 1]?.clientMessageId;
  useLayoutEffect(() => {
    if (newestPending !== undefined && placed.current) virtualizer.scrollToEnd();
  }, [newestPending, virtualizer]);

  const loadOlder = useCallback(async () => {
    setOlderFailure(false);
    const firstSeq = timeline.getSnapshot().messages[0]?.seq;
    await timeline.loadBefore();
    const { messages: held, hasBefore, loadingBefore } = timeline.getSnapshot();
    // Asked and not answered: to ask again at once would be a storm.
    if (hasBefore && !loadingBefore && held[0]?.seq === firstSeq) setOlderFailure(true);
  }, [timeline]);

  const rows = virtualizer.getVirtualItems();
  const firstIndex = rows[0]?.index ?? 0;
  const wantsOlder =
    ready &&
    placed.current &&
    snapshot.hasBefore &&
    !snapshot.loadingBefore &&
    !olderFailure &&
    firstIndex < LOAD_AHEAD_ROWS;
  useEffect(() => {
    if (wantsOlder) void loadOlder();
  }, [wantsOlder, loadOlder]);

  useReadMarker(conversation, items, virtualizer.range?.endIndex ?? -1, ready);

  const latestItems = useRef(items);
  latestItems.current = items;
  const jumpTo = useCallback(
    async (messageId: string) => {
      const find = (): number =>
        latestItems.current.findIndex((item) => item.type !== 'outgoing' && item.message.id === messageId);
      for (let page = 0; find() < 0 && timeline.getSnapshot().hasBefore && page < JUMP_PAGES; page += 1) {
        await loadOlder();
        // The page stands in the list after the next render.
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      const index = find();
      if (index < 0) return;
      virtualizer.scrollToIndex(index, { align: 'center' });
      setHighlightedId(messageId);
      setTimeout(() => setHighlightedId(null), HIGHLIGHT_MS);
    },
    [loadOlder, timeline, virtualizer],
  );

  const readSeq = useMemo(
    () =>
      Math.max(
        0,
        ...[...snapshot.receipts.values()]
          .filter((receipt) => receipt.userId !== me.id)
          .map((receipt) => receipt.readSeq),
      ),
    [snapshot.receipts, me.id],
  );
  const context = useMemo<RowContext>(
    () => ({
      me,
      kind: conversation.kind,
      nameOf,
      imageOf: (id) => people.get(id)?.avatarUrl ?? null,
      messageById: (id) => messagesById.get(id),
      rights: { moderates: conversation.kind !== 'direct' && conversation.me.role !== 'member' },
      commands: { ...commands, jumpTo: (id) => void jumpTo(id) },
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
        tabIndex={0}
        className="flex flex-1 flex-col overflow-x-hidden overflow-y-auto overscroll-contain focus-visible:-outline-offset-2 [overflow-anchor:none]"
      >
        <div
          className="relative mx-auto mt-auto w-full max-w-4xl shrink-0"
          style={{ height: virtualizer.getTotalSize() }}
        >
          <TimelineTop
            conversation={conversation}
            hasBefore={snapshot.hasBefore}
            failed={olderFailure}
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
                className={classNames('absolute inset-x-0 top-0 px-4 md:px-6')}
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <TimelineRow
                  item={item}
                  context={context}
                  now={now}
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

function namedIn(message: Message): string[] {
  const { system } = message;
  if (system === null) return [message.senderId];
  if ('userIds' in system) return [message.senderId, ...system.userIds];
  return 'userId' in system ? [message.senderId, system.userId] : [message.senderId];
}
