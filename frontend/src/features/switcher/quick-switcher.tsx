import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import type { Conversation, Id, User } from '@parley/protocol';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import { useMemo, useState } from 'react';
import { ConversationAvatar } from '../../components/conversation-avatar.js';
import { Avatar } from '../../components/ui/avatar.js';
import { CountBadge } from '../../components/ui/count-badge.js';
import { BACKDROP_LOOK, POPUP_LOOK, VIEWPORT_LOOK } from '../../components/ui/dialog.js';
import { showToast } from '../../components/ui/toaster.js';
import { classNames } from '../../lib/class-names.js';
import { useClient } from '../../lib/chat/client-context.js';
import { useConversations } from '../../lib/chat/conversations.js';
import { useMe } from '../../lib/chat/session.js';
import { conversationTitle } from '../../lib/conversation-title.js';
import { failureText } from '../../lib/failure.js';
import { peopleQuery } from '../../lib/queries.js';
import { useDebounced } from '../../lib/use-debounced.js';
import { matchingTitles } from './matching-titles.js';

type Target =
  | { type: 'conversation'; value: string; conversation: Conversation }
  | { type: 'person'; value: string; user: User };

interface TargetGroup {
  value: string;
  items: Target[];
}

const CONVERSATIONS_SHOWN = 8;
const PEOPLE_SHOWN = 6;

/** Ctrl or Cmd and K: to any conversation or person, from the keyboard. */
export function QuickSwitcher({
  open,
  onOpenChange,
  onOpen,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onOpen: (conversationId: Id) => void;
}) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className={BACKDROP_LOOK} />
        <Dialog.Viewport className={VIEWPORT_LOOK}>
          <Dialog.Popup
            aria-label="Go to a conversation or person"
            className={classNames(POPUP_LOOK, 'h-[70dvh] md:h-auto md:max-w-lg')}
          >
            <SwitcherList
              onOpen={(id) => {
                onOpenChange(false);
                onOpen(id);
              }}
            />
            <Dialog.Close className="sr-only">Close</Dialog.Close>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function SwitcherList({ onOpen }: { onOpen: (conversationId: Id) => void }) {
  const client = useClient();
  const me = useMe();
  const conversations = useConversations();
  const [query, setQuery] = useState('');
  const people = useQuery({
    ...peopleQuery(client, useDebounced(query.trim())),
    placeholderData: keepPreviousData,
    enabled: query.trim() !== '',
  });

  const groups = useMemo<TargetGroup[]>(() => {
    const held = matchingTitles(conversations, query, (conversation) =>
      conversationTitle(conversation, me.id),
    )
      .slice(0, CONVERSATIONS_SHOWN)
      .map((conversation): Target => ({
        type: 'conversation',
        value: conversationTitle(conversation, me.id),
        conversation,
      }));
    const known = new Set(
      conversations
        .filter((conversation) => conversation.kind === 'direct')
        .flatMap((conversation) => conversation.participants.map((user) => user.id)),
    );
    const others = (query.trim() === '' ? [] : (people.data?.items ?? []))
      .filter((user) => user.id !== me.id && !known.has(user.id) && user.kind !== 'deleted')
      .slice(0, PEOPLE_SHOWN)
      .map((user): Target => ({ type: 'person', value: user.displayName, user }));
    return [
      { value: query.trim() === '' ? 'Recent' : 'Conversations', items: held },
      { value: 'People', items: others },
    ].filter((group) => group.items.length > 0);
  }, [conversations, query, people.data, me.id]);

  async function go(target: Target): Promise<void> {
    if (target.type === 'conversation') {
      onOpen(target.conversation.id);
      return;
    }
    try {
      const conversation = await client.call('POST /conversations', {
        body: { kind: 'direct', memberIds: [target.user.id] },
      });
      client.upsertConversation(conversation);
      onOpen(conversation.id);
    } catch (error) {
      showToast(failureText(error));
    }
  }

  return (
    <Autocomplete.Root
      open
      inline
      items={groups}
      filter={null}
      value={query}
      onValueChange={setQuery}
      autoHighlight="always"
      keepHighlight
      itemToStringValue={(target: Target) => target.value}
    >
      <div className="flex items-center gap-3 border-b border-line px-4">
        <Search className="size-5 shrink-0 text-ink-3" aria-hidden="true" />
        <Autocomplete.Input
          aria-label="Find a conversation or person"
          placeholder="Go to…"
          className="h-14 w-full bg-transparent text-base outline-none placeholder:text-ink-3"
        />
        <kbd className="hidden rounded border border-line px-1.5 text-xs text-ink-3 md:block">Esc</kbd>
      </div>
      <div className="flex min-h-0 flex-1 flex-col md:max-h-96">
        <Autocomplete.Empty>
          <p className="px-3 py-8 text-center text-ink-2">Nothing found.</p>
        </Autocomplete.Empty>
        <Autocomplete.List className="min-h-0 overflow-y-auto p-2 outline-none empty:hidden">
          {(group: TargetGroup) => (
            <Autocomplete.Group key={group.value} items={group.items}>
              <Autocomplete.GroupLabel className="px-2.5 pt-2 pb-1 text-xs font-medium text-ink-3">
                {group.value}
              </Autocomplete.GroupLabel>
              <Autocomplete.Collection>
                {(target: Target) => (
                  <Autocomplete.Item
                    key={target.type === 'person' ? target.user.id : target.conversation.id}
                    value={target}
                    onClick={() => void go(target)}
                    className="flex min-h-12 cursor-pointer items-center gap-3 rounded-lg px-2.5 outline-none data-highlighted:bg-hover md:min-h-11"
                  >
                    <TargetLine target={target} meId={me.id} />
                  </Autocomplete.Item>
                )}
              </Autocomplete.Collection>
            </Autocomplete.Group>
          )}
        </Autocomplete.List>
      </div>
    </Autocomplete.Root>
  );
}

function TargetLine({ target, meId }: { target: Target; meId: Id }) {
  if (target.type === 'person') {
    return (
      <>
        <Avatar
          id={target.user.id}
          name={target.user.displayName}
          imageUrl={target.user.avatarUrl}
          size="sm"
        />
        <span className="truncate font-medium">{target.user.displayName}</span>
        <span className="truncate text-sm text-ink-2">@{target.user.username}</span>
      </>
    );
  }
  const { unread } = target.conversation.me;
  return (
    <>
      <ConversationAvatar conversation={target.conversation} meId={meId} size="sm" />
      <span className="min-w-0 flex-1 truncate font-medium">{target.value}</span>
      {unread > 0 && <CountBadge count={unread} label={`${unread} unread`} />}
    </>
  );
}
