import type { Id, Message } from '@parley/protocol';
import { Copy, Pencil, Pin, PinOff, Reply, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { EmojiGrid } from '../../components/emoji-grid.js';
import { Dialog } from '../../components/ui/dialog.js';
import { classNames } from '../../lib/class-names.js';
import { allowedCommands, type MessageCommands, type MessageRights } from './message-commands.js';
import { isMine } from './reaction-chips.js';

/** What the toolbar offers, for fingers: opened by a long press. */
export function MessageSheet({
  message,
  meId,
  rights,
  commands,
  onClose,
}: {
  message: Message | null;
  meId: Id;
  rights: MessageRights;
  commands: MessageCommands;
  onClose: () => void;
}) {
  return (
    <Dialog open={message !== null} onOpenChange={(open) => !open && onClose()} title="Message">
      {message !== null && (
        <div className="overflow-y-auto px-3 pb-4">
          <div className="flex justify-center pb-2">
            <EmojiGrid
              onPick={(emoji) => {
                const held = message.reactions.find((reaction) => reaction.emoji === emoji);
                commands.react(message, emoji, held === undefined || !isMine(held, meId));
                onClose();
              }}
            />
          </div>
          <SheetActions message={message} meId={meId} rights={rights} commands={commands} onClose={onClose} />
        </div>
      )}
    </Dialog>
  );
}

function SheetActions({
  message,
  meId,
  rights,
  commands,
  onClose,
}: {
  message: Message;
  meId: Id;
  rights: MessageRights;
  commands: MessageCommands;
  onClose: () => void;
}) {
  const allowed = allowedCommands(message, meId, rights);
  const pinned = message.pinnedAt !== null;
  const action = (
    label: string,
    icon: ReactNode,
    run: (message: Message) => void,
    danger = false,
  ): ReactNode => (
    <button
      type="button"
      onClick={() => {
        onClose();
        run(message);
      }}
      className={classNames(
        'flex min-h-12 items-center gap-3 rounded-xl px-3 text-left active:bg-hover',
        danger && 'text-danger',
      )}
    >
      {icon}
      {label}
    </button>
  );
  return (
    <div className="flex flex-col border-t border-line pt-2">
      {allowed.reply && action('Reply', <Reply className="size-5" aria-hidden="true" />, commands.reply)}
      {allowed.edit && action('Edit', <Pencil className="size-5" aria-hidden="true" />, commands.edit)}
      {action('Copy text', <Copy className="size-5" aria-hidden="true" />, commands.copy)}
      {allowed.pin &&
        action(
          pinned ? 'Unpin' : 'Pin',
          pinned ? (
            <PinOff className="size-5" aria-hidden="true" />
          ) : (
            <Pin className="size-5" aria-hidden="true" />
          ),
          (target) => commands.pin(target, !pinned),
        )}
      {allowed.remove &&
        action('Delete', <Trash2 className="size-5" aria-hidden="true" />, commands.remove, true)}
    </div>
  );
}
