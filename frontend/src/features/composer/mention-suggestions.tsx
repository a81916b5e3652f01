import type { User } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useMemo, useState, type RefObject } from 'react';
import { Avatar } from '../../components/ui/avatar.js';
import { classNames } from '../../lib/class-names.js';
import { useClient } from '../../lib/chat/client-context.js';
import { membersQuery } from '../../lib/queries.js';
import { useMe } from '../../lib/chat/session.js';

const SHOWN = 6;

function matches(user: User, query: string): boolean {
  return (
    user.username.startsWith(query) ||
    user.displayName
      .toLowerCase()
      .split(' ')
      .some((word) => word.startsWith(query))
  );
}

/** Members whose name begins as typed. The focus stays in the text; the keys of a list work from there. */
export function MentionSuggestions({
  conversationId,
  query,
  input,
  onPick,
  onDismiss,
}: {
  conversationId: string;
  query: string;
  input: RefObject<HTMLTextAreaElement | null>;
  onPick: (username: string) => void;
  onDismiss: () => void;
}) {
  const client = useClient();
  const me = useMe();
  const members = useQuery(membersQuery(client, conversationId));
  const [active, setActive] = useState(0);
  const found = useMemo(
    () =>
      (members.data?.items ?? [])
        .map((member) => member.user)
        .filter((user) => user.id !== me.id && user.kind !== 'deleted' && matches(user, query))
        .slice(0, SHOWN),
    [members.data, me.id, query],
  );
  useEffect(() => setActive(0), [query]);

  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    const chosen = found[active];
    if (chosen === undefined || event.isComposing) return;
    if (event.key === 'ArrowDown') setActive((active + 1) % found.length);
    else if (event.key === 'ArrowUp') setActive((active + found.length - 1) % found.length);
    else if (event.key === 'Enter' || event.key === 'Tab') onPick(chosen.username);
    else if (event.key === 'Escape') onDismiss();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  useEffect(() => {
    const element = input.current;
    if (element === null) return undefined;
    const listen = (event: KeyboardEvent): void => onKeyDown(event);
    // Before the composer's own handler, which would send on Enter.
    element.addEventListener('keydown', listen, { capture: true });
    return () => element.removeEventListener('keydown', listen, { capture: true });
  }, [input]);

  if (found.length === 0) return null;
  return (
    <ul
      role="listbox"
      aria-label="Mention somebody"
      className="absolute bottom-full left-6 z-20 mb-1 w-72 max-w-[calc(100%-3rem)] rounded-xl border border-line bg-surface p-1 shadow-raised"
    >
      {found.map((user, index) => (
        <li
          key={user.id}
          role="option"
          aria-selected={index === active}
          // The text keeps the focus.
          onPointerDown={(event) => {
            event.preventDefault();
            onPick(user.username);
          }}
          onPointerEnter={() => setActive(index)}
          className={classNames(
            'flex min-h-11 cursor-pointer items-center gap-2.5 rounded-lg px-2 md:min-h-9',
            index === active && 'bg-hover',
          )}
        >
          <Avatar id={user.id} name={user.displayName} imageUrl={user.avatarUrl} size="xs" />
          <span className="truncate font-medium">{user.displayName}</span>
          <span className="truncate text-sm text-ink-2">@{user.username}</span>
        </li>
      ))}
    </ul>
  );
}
