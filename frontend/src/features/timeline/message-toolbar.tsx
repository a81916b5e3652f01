import type { Id, Message } from '@parley/protocol';
import { Copy, MoreHorizontal, Pencil, Pin, PinOff, Reply, SmilePlus, Trash2 } from 'lucide-react';
import { EmojiPopover } from '../../components/emoji-popover.js';
import { IconButton } from '../../components/ui/icon-button.js';
import { Menu, MenuItem, MenuSeparator } from '../../components/ui/menu.js';
import { allowedCommands, type MessageCommands, type MessageRights } from './message-commands.js';
import { isMine } from './reaction-chips.js';

/** Stands beside a message under the mouse or the keyboard's focus. */
export function MessageToolbar({
  message,
  meId,
  rights,
  commands,
  onHold,
}: {
  message: Message;
  meId: Id;
  rights: MessageRights;
  commands: MessageCommands;
  /** While something opened from here is open, the toolbar stays. */
  onHold: (held: boolean) => void;
}) {
  const allowed = allowedCommands(message, meId, rights);
  return (
    <div
      role="toolbar"
      aria-label="Message actions"
      className="flex rounded-lg border border-line bg-surface p-0.5 shadow-sm"
    >
      <EmojiPopover
        onOpenChange={onHold}
        onPick={(emoji) => {
          const held = message.reactions.find((reaction) => reaction.emoji === emoji);
          commands.react(message, emoji, held === undefined || !isMine(held, meId));
        }}
        trigger={
          <IconButton label="React" className="size-7.5">
            <SmilePlus className="size-4" aria-hidden="true" />
          </IconButton>
        }
      />
      {allowed.reply && (
        <IconButton label="Reply" className="size-7.5" onClick={() => commands.reply(message)}>
          <Reply className="size-4" aria-hidden="true" />
        </IconButton>
      )}
      <Menu
        onOpenChange={onHold}
        trigger={
          <IconButton label="More actions" className="size-7.5">
            <MoreHorizontal className="size-4" aria-hidden="true" />
          </IconButton>
        }
      >
        <MessageMenuItems message={message} meId={meId} rights={rights} commands={commands} />
      </Menu>
    </div>
  );
}

function MessageMenuItems({
  message,
  meId,
  rights,
  commands,
}: {
  message: Message;
  meId: Id;
  rights: MessageRights;
  commands: MessageCommands;
}) {
  const allowed = allowedCommands(message, meId, rights);
  const pinned = message.pinnedAt !== null;
  return (
    <>
      {allowed.edit && (
        <MenuItem
          icon={<Pencil className="size-4" aria-hidden="true" />}
          onSelect={() => commands.edit(message)}
        >
          Edit
        </MenuItem>
      )}
      <MenuItem icon={<Copy className="size-4" aria-hidden="true" />} onSelect={() => commands.copy(message)}>
        Copy text
      </MenuItem>
      {allowed.pin && (
        <MenuItem
          icon={
            pinned ? (
              <PinOff className="size-4" aria-hidden="true" />
            ) : (
              <Pin className="size-4" aria-hidden="true" />
            )
          }
          onSelect={() => commands.pin(message, !pinned)}
        >
          {pinned ? 'Unpin' : 'Pin'}
        </MenuItem>
      )}
      {allowed.remove && (
        <>
          <MenuSeparator />
          <MenuItem
            danger
            icon={<Trash2 className="size-4" aria-hidden="true" />}
            onSelect={() => commands.remove(message)}
          >
            Delete
          </MenuItem>
        </>
      )}
    </>
  );
}
