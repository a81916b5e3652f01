import { Combobox } from '@base-ui/react/combobox';
import type { Id, User } from '@parley/protocol';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Check, X } from 'lucide-react';
import { useState } from 'react';
import { useClient } from '../lib/chat/client-context.js';
import { failureText } from '../lib/failure.js';
import { peopleQuery } from '../lib/queries.js';
import { useDebounced } from '../lib/use-debounced.js';
import { Avatar } from './ui/avatar.js';
import { ErrorNote } from './ui/error-note.js';
import { Skeleton } from './ui/skeleton.js';

/** Finds people on the server and holds those chosen. */
export function PersonPicker({
  chosen,
  onChange,
  leaveOut,
}: {
  chosen: User[];
  onChange: (users: User[]) => void;
  /** Oneself, and who is there already. */
  leaveOut: ReadonlySet<Id>;
}) {
  const client = useClient();
  const [input, setInput] = useState('');
  const people = useQuery({
    ...peopleQuery(client, useDebounced(input.trim())),
    placeholderData: keepPreviousData,
  });
  const found = (people.data?.items ?? []).filter(
    (user) => !leaveOut.has(user.id) && user.kind !== 'deleted',
  );

  return (
    <Combobox.Root
      multiple
      open
      inline
      items={found}
      filter={null}
      value={chosen}
      onValueChange={(users: User[]) => {
        onChange(users);
        setInput('');
      }}
      inputValue={input}
      onInputValueChange={setInput}
      itemToStringLabel={(user: User) => user.displayName}
      isItemEqualToValue={(a: User, b: User) => a.id === b.id}
      autoHighlight
    >
      <Combobox.Chips className="flex min-h-11 flex-wrap items-center gap-1.5 rounded-lg border border-line-strong bg-surface p-1.5 focus-within:border-accent focus-within:ring-1 focus-within:ring-accent">
        {chosen.map((user) => (
          <Combobox.Chip
            key={user.id}
            aria-label={user.displayName}
            className="flex h-8 items-center gap-1.5 rounded-md bg-accent-soft pl-1.5 text-sm font-medium text-accent-ink outline-none data-highlighted:ring-2 data-highlighted:ring-accent md:h-7"
          >
            <Avatar id={user.id} name={user.displayName} imageUrl={user.avatarUrl} size="xs" />
            <span className="max-w-40 truncate">{user.displayName}</span>
            <Combobox.ChipRemove
              aria-label={`Remove ${user.displayName}`}
              className="touch-target flex h-full items-center rounded-r-md px-1.5 hover:bg-ink/8"
            >
              <X className="size-3.5" aria-hidden="true" />
            </Combobox.ChipRemove>
          </Combobox.Chip>
        ))}
        <Combobox.Input
          data-initial-focus
          aria-label="Find people"
          placeholder={chosen.length === 0 ? 'Find people by name' : ''}
          autoCapitalize="none"
          spellCheck={false}
          className="h-8 min-w-32 flex-1 bg-transparent px-1.5 text-base outline-none placeholder:text-ink-3 md:text-[0.9375rem]"
        />
      </Combobox.Chips>
      <div className="mt-2 flex h-64 flex-col">
        {people.isError ? (
          <ErrorNote onRetry={() => void people.refetch()}>{failureText(people.error)}</ErrorNote>
        ) : people.isPending ? (
          <div role="status" aria-label="Looking for people" className="flex flex-col gap-3 p-2">
            {[1, 2, 3, 4].map((line) => (
              <span key={line} className="flex items-center gap-3">
                <Skeleton className="size-8 rounded-full" />
                <Skeleton className="h-3.5 w-40" />
              </span>
            ))}
          </div>
        ) : (
          found.length === 0 && (
            <p className="px-2 py-8 text-center text-sm text-ink-2">
              {input.trim() === '' ? 'Nobody else is here yet.' : `Nobody is called “${input.trim()}”.`}
            </p>
          )
        )}
        <Combobox.List className="min-h-0 overflow-y-auto overscroll-contain outline-none">
          {(user: User) => (
            <Combobox.Item
              key={user.id}
              value={user}
              className="flex min-h-12 cursor-pointer items-center gap-3 rounded-lg px-2 outline-none data-highlighted:bg-hover md:min-h-11"
            >
              <Avatar id={user.id} name={user.displayName} imageUrl={user.avatarUrl} size="sm" />
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">{user.displayName}</span>
                <span className="block truncate text-sm text-ink-2">@{user.username}</span>
              </span>
              <Combobox.ItemIndicator>
                <Check className="size-5 text-accent" aria-hidden="true" />
              </Combobox.ItemIndicator>
            </Combobox.Item>
          )}
        </Combobox.List>
      </div>
    </Combobox.Root>
  );
}
