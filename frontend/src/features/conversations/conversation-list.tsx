import type { Conversation, Id } from '@parley/protocol';
import { MessageCirclePlus } from 'lucide-react';
import { useState, type KeyboardEvent } from 'react';
import { Button } from '../../components/ui/button.js';
import { EmptyState } from '../../components/ui/empty-state.js';
import { Skeleton } from '../../components/ui/skeleton.js';
import { classNames } from '../../lib/class-names.js';
import { useNow } from '../../lib/use-now.js';
import { useDraftPreviews } from '../../lib/drafts.js';
import { useNameOf } from '../../lib/chat/people.js';
import { arrangeConversations, isUnread, type ConversationFilter } from './arrange-conversations.js';
import { ConversationRow } from './conversation-row.js';

const FILTERS: readonly { value: ConversationFilter; label: string }[] = [
  { value: 'all', label: 'All' },
  { value: 'unread', label: 'Unread' },
  { value: 'archived', label: 'Archived' },
];

const NOTHING: Record<ConversationFilter, string> = {
  all: '',
  unread: 'You have read everything.',
  archived: 'Nothing is archived.',
};

/** Arrow keys walk the list, as the eye does. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('a[data-conversation]')];
  const at = links.findIndex((link) => link === document.activeElement);
  const target =
    event.key === 'ArrowDown'
      ? links[at + 1]
      : event.key === 'ArrowUp'
        ? links[at - 1]
        : event.key === 'Home'
          ? links[0]
          : event.key === 'End'
            ? links[links.length - 1]
            : undefined;
  if (at < 0 || target === undefined) return;
  event.preventDefault();
  target.focus();
}

export interface ConversationListProps {
  status: 'loading' | 'ready';
  conversations: readonly Conversation[];
  meId: Id;
  /** The conversation on the screen, if any: its draft stands in the composer. */
  openId: Id | undefined;
  onStart: () => void;
}

export function ConversationList({ status, conversations, meId, openId, onStart }: ConversationListProps) {
  const [filter, setFilter] = useState<ConversationFilter>('all');
  const now = useNow();
  const nameOf = useNameOf();
  const drafts = useDraftPreviews();

  if (status === 'loading') return <ListSkeleton />;
  if (conversations.length === 0) {
    return (
      <EmptyState
        icon={<MessageCirclePlus className="size-7" aria-hidden="true" />}
        title="No conversations yet"
        action={<Button onClick={onStart}>Start a conversation</Button>}
      >
        Write to somebody, or gather a group.
      </EmptyState>
    );
  }

  const shown = arrangeConversations(conversations, filter);
  const unread = conversations.filter((held) => isUnread(held) && !held.me.archived).length;
  const archived = conversations.some((held) => held.me.archived);
  return (
    <>
      <div role="group" aria-label="Which conversations" className="flex gap-1 px-3 pb-2">
        {FILTERS.filter(({ value }) => value !== 'archived' || archived || filter === 'archived').map(
          ({ value, label }) => (
            <button
              key={value}
              type="button"
              aria-pressed={value === filter}
              onClick={() => setFilter(value)}
              className={classNames(
                'touch-target h-7 rounded-full px-3 text-[0.8125rem] font-medium transition-colors',
                value === filter ? 'bg-accent-soft text-accent-ink' : 'text-ink-2 hover:bg-hover',
              )}
            >
              {label}
              {value === 'unread' && unread > 0 && <span className="ml-1.5 tabular-nums">{unread}</span>}
            </button>
          ),
        )}
      </div>
      {/* The handler only moves the focus between links, which stay reachable by Tab. */}
      <ul className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-2 pb-4" onKeyDown={walk}>
        {shown.map((conversation) => (
          <li key={conversation.id}>
            <ConversationRow
              conversation={conversation}
              meId={meId}
              nameOf={nameOf}
              now={now}
              draft={conversation.id === openId ? null : (drafts.get(conversation.id) ?? null)}
            />
          </li>
        ))}
        {shown.length === 0 && <li className="px-4 py-10 text-center text-ink-2">{NOTHING[filter]}</li>}
      </ul>
    </>
  );
}

function ListSkeleton() {
  return (
    <div role="status" aria-label="Loading conversations" className="flex flex-col gap-1 px-2 pt-2">
      {[62, 45, 70, 52, 66, 40].map((width) => (
        <div key={width} className="flex min-h-16 items-center gap-3 px-2.5">
          <Skeleton className="size-10 rounded-full" />
          <div className="flex flex-1 flex-col gap-2">
            <span style={{ width: `${width}%` }}>
              <Skeleton className="h-3.5" />
            </span>
            <Skeleton className="h-3 w-4/5" />
          </div>
        </div>
      ))}
    </div>
  );
}
