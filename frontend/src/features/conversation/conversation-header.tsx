import type { Conversation, Me, PresenceStatus } from '@parley/protocol';
import { Link } from '@tanstack/react-router';
import {
  Archive,
  ArchiveRestore,
  Bell,
  BellOff,
  ChevronLeft,
  Mail,
  MoreVertical,
  PanelRight,
  Pin,
  PinOff,
} from 'lucide-react';
import { ConversationAvatar } from '../../components/conversation-avatar.js';
import { IconButton } from '../../components/ui/icon-button.js';
import { Menu, MenuItem } from '../../components/ui/menu.js';
import { conversationTitle } from '../../lib/conversation-title.js';
import type { MembershipChange } from '../../lib/chat/change-membership.js';

const PRESENCE: Record<PresenceStatus, string> = { online: 'Online', away: 'Away', offline: '' };

function subtitle(conversation: Conversation, presence: PresenceStatus | null): string {
  if (conversation.kind === 'direct') return presence === null ? '' : PRESENCE[presence];
  const members = conversation.memberCount === 1 ? '1 member' : `${conversation.memberCount} members`;
  const { topic } = conversation;
  return topic === null || topic === '' ? members : `${members} · ${topic}`;
}

export function ConversationHeader({
  conversation,
  me,
  presence,
  detailsOpen,
  onToggleDetails,
  onChange,
}: {
  conversation: Conversation;
  me: Me;
  presence: PresenceStatus | null;
  detailsOpen: boolean;
  onToggleDetails: () => void;
  onChange: (change: MembershipChange) => void;
}) {
  const mine = conversation.me;
  const below = subtitle(conversation, presence);
  const icon = 'size-4';
  return (
    <header className="pad-safe-top shrink-0 border-b border-line bg-canvas">
      <div className="flex h-14 items-center gap-1.5 px-2 md:gap-3 md:px-4">
        <Link
          to="/"
          aria-label="Back to the conversations"
          className="touch-target inline-flex size-9 items-center justify-center rounded-lg text-ink-2 hover:bg-hover md:hidden"
        >
          <ChevronLeft className="size-6" aria-hidden="true" />
        </Link>
        <button
          type="button"
          onClick={onToggleDetails}
          className="-mx-1 flex min-w-0 flex-1 items-center gap-3 rounded-lg px-1 py-1 text-left"
        >
          <ConversationAvatar conversation={conversation} meId={me.id} size="sm" />
          <span className="min-w-0 flex-1">
            <h1 className="truncate leading-tight font-semibold tracking-tight">
              {conversationTitle(conversation, me.id)}
            </h1>
            {below !== '' && (
              <span className="block truncate text-[0.8125rem] leading-tight text-ink-2">{below}</span>
            )}
          </span>
        </button>
        <IconButton
          label={detailsOpen ? 'Hide details' : 'Show details'}
          aria-expanded={detailsOpen}
          onClick={onToggleDetails}
          className="max-md:hidden"
        >
          <PanelRight className="size-5" aria-hidden="true" />
        </IconButton>
        <Menu
          trigger={
            <IconButton label="Conversation actions">
              <MoreVertical className="size-5" aria-hidden="true" />
            </IconButton>
          }
        >
          <MenuItem
            icon={<PanelRight className={icon} aria-hidden="true" />}
            onSelect={() => {
              if (!detailsOpen) onToggleDetails();
            }}
          >
            Details
          </MenuItem>
          <MenuItem
            icon={
              mine.pinned ? (
                <PinOff className={icon} aria-hidden="true" />
              ) : (
                <Pin className={icon} aria-hidden="true" />
              )
            }
            onSelect={() => onChange({ pinned: !mine.pinned })}
          >
            {mine.pinned ? 'Unpin' : 'Pin to the top'}
          </MenuItem>
          <MenuItem
            icon={
              mine.muted ? (
                <Bell className={icon} aria-hidden="true" />
              ) : (
                <BellOff className={icon} aria-hidden="true" />
              )
            }
            onSelect={() => onChange({ muted: !mine.muted })}
          >
            {mine.muted ? 'Unmute' : 'Mute'}
          </MenuItem>
          <MenuItem
            icon={<Mail className={icon} aria-hidden="true" />}
            onSelect={() => onChange({ markedUnread: true })}
          >
            Mark as unread
          </MenuItem>
          <MenuItem
            icon={
              mine.archived ? (
                <ArchiveRestore className={icon} aria-hidden="true" />
              ) : (
                <Archive className={icon} aria-hidden="true" />
              )
            }
            onSelect={() => onChange({ archived: !mine.archived })}
          >
            {mine.archived ? 'Take out of the archive' : 'Archive'}
          </MenuItem>
        </Menu>
      </div>
    </header>
  );
}
