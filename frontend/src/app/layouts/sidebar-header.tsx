import type { Me } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { Hash, LogOut, Search, Settings, SquarePen } from 'lucide-react';
import { Avatar } from '../../components/ui/avatar.js';
import { IconButton } from '../../components/ui/icon-button.js';
import { Menu, MenuItem, MenuSeparator } from '../../components/ui/menu.js';
import { Wordmark } from '../../components/ui/wordmark.js';
import { useSignOut } from '../use-sign-out.js';

export function SidebarHeader({
  me,
  onStart,
  onSwitch,
}: {
  me: Me;
  onStart: () => void;
  onSwitch: () => void;
}) {
  const navigate = useNavigate();
  const signOut = useSignOut();
  return (
    <div className="shrink-0">
      <div className="flex h-14 items-center gap-1 pr-2 pl-4">
        <Wordmark className="flex-1 text-lg" />
        <IconButton label="Browse channels" onClick={() => void navigate({ to: '/channels' })}>
          <Hash className="size-5" aria-hidden="true" />
        </IconButton>
        <IconButton label="New conversation" onClick={onStart}>
          <SquarePen className="size-5" aria-hidden="true" />
        </IconButton>
        <Menu
          trigger={
            <button
              type="button"
              aria-label={`Your account, ${me.displayName}`}
              className="touch-target ml-1 rounded-full"
            >
              <Avatar id={me.id} name={me.displayName} imageUrl={me.avatarUrl} size="sm" />
            </button>
          }
        >
          <div className="px-2.5 py-1.5">
            <p className="truncate text-sm font-semibold">{me.displayName}</p>
            <p className="truncate text-sm text-ink-2">@{me.username}</p>
          </div>
          <MenuSeparator />
          <MenuItem
            icon={<Settings className="size-4" aria-hidden="true" />}
            onSelect={() => void navigate({ to: '/settings' })}
          >
            Settings
          </MenuItem>
          <MenuItem icon={<LogOut className="size-4" aria-hidden="true" />} onSelect={() => void signOut()}>
            Sign out
          </MenuItem>
        </Menu>
      </div>
      <div className="px-3 pb-2.5">
        <button
          type="button"
          onClick={onSwitch}
          aria-keyshortcuts="Control+K Meta+K"
          className="flex h-10 w-full items-center gap-2.5 rounded-lg bg-hover px-3 text-left text-ink-2 hover:bg-pressed md:h-9"
        >
          <Search className="size-4" aria-hidden="true" />
          <span className="flex-1">Go to…</span>
          <kbd className="hidden text-xs md:block">
            {navigator.userAgent.includes('Mac') ? '⌘K' : 'Ctrl K'}
          </kbd>
        </button>
      </div>
    </div>
  );
}
