import type { Channel } from '@parley/protocol';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Hash, Search } from 'lucide-react';
import { useState } from 'react';
import { Avatar } from '../../components/ui/avatar.js';
import { Button } from '../../components/ui/button.js';
import { EmptyState } from '../../components/ui/empty-state.js';
import { ErrorNote } from '../../components/ui/error-note.js';
import { Skeleton } from '../../components/ui/skeleton.js';
import { INPUT_LOOK } from '../../components/ui/text-field.js';
import { showToast } from '../../components/ui/toaster.js';
import { classNames } from '../../lib/class-names.js';
import { useClient } from '../../lib/chat/client-context.js';
import { failureText } from '../../lib/failure.js';
import { channelsQuery } from '../../lib/queries.js';
import { useDebounced } from '../../lib/use-debounced.js';

/** Public channels, to look around and join. */
export function ChannelBrowser({ onOpen }: { onOpen: (conversationId: string) => void }) {
  const client = useClient();
  const [query, setQuery] = useState('');
  const channels = useInfiniteQuery({
    ...channelsQuery(client, useDebounced(query.trim())),
    placeholderData: keepPreviousData,
  });
  const [joining, setJoining] = useState<string | null>(null);
  const found = channels.data?.pages.flatMap((page) => page.items) ?? [];

  async function join(channel: Channel): Promise<void> {
    setJoining(channel.id);
    try {
      const conversation = await client.call('POST /conversations/:id/join', { params: { id: channel.id } });
      client.upsertConversation(conversation);
      onOpen(channel.id);
    } catch (error) {
      showToast(failureText(error));
      setJoining(null);
    }
  }

  return (
    <div className="mx-auto w-full max-w-3xl px-4 py-4 md:px-6">
      <div className="relative">
        <Search
          className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-ink-3"
          aria-hidden="true"
        />
        <input
          type="search"
          aria-label="Find channels"
          placeholder="Find channels"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          className={classNames(INPUT_LOOK, 'h-11 pl-9 md:h-10')}
        />
      </div>
      {channels.isError ? (
        <div className="mt-4">
          <ErrorNote onRetry={() => void channels.refetch()}>{failureText(channels.error)}</ErrorNote>
        </div>
      ) : channels.isPending ? (
        <div role="status" aria-label="Loading channels" className="mt-4 flex flex-col gap-4">
          {[1, 2, 3].map((line) => (
            <span key={line} className="flex items-center gap-3">
              <Skeleton className="size-10 rounded-xl" />
              <Skeleton className="h-4 w-56" />
            </span>
          ))}
        </div>
      ) : found.length === 0 ? (
        <EmptyState icon={<Hash className="size-7" aria-hidden="true" />} title="No channels found">
          {query.trim() === ''
            ? 'Nobody has made a public channel yet. Start one with “New conversation”.'
            : 'Try another word.'}
        </EmptyState>
      ) : (
        <ul className="mt-3 flex flex-col divide-y divide-line">
          {found.map((channel) => (
            <li key={channel.id} className="flex items-center gap-3 py-3">
              <Avatar id={channel.id} name={channel.title ?? 'Channel'} square>
                <Hash className="size-[1.35em]" aria-hidden="true" />
              </Avatar>
              <div className="min-w-0 flex-1">
                <p className="truncate font-semibold">{channel.title ?? 'Untitled channel'}</p>
                <p className="truncate text-sm text-ink-2">
                  {channel.memberCount === 1 ? '1 member' : `${channel.memberCount} members`}
                  {channel.topic !== null && channel.topic !== '' && ` · ${channel.topic}`}
                </p>
              </div>
              {channel.joined ? (
                <Button look="quiet" size="small" onClick={() => onOpen(channel.id)}>
                  Open
                </Button>
              ) : (
                <Button size="small" busy={joining === channel.id} onClick={() => void join(channel)}>
                  Join
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {channels.hasNextPage && (
        <div className="flex justify-center py-4">
          <Button
            look="quiet"
            busy={channels.isFetchingNextPage}
            onClick={() => void channels.fetchNextPage()}
          >
            Show more
          </Button>
        </div>
      )}
    </div>
  );
}
