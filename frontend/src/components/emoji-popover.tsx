import { Popover } from '@base-ui/react/popover';
import { useState, type ReactElement } from 'react';
import { EmojiGrid } from './emoji-grid.js';

export function EmojiPopover({
  trigger,
  onPick,
  onOpenChange,
}: {
  /** A button; the popover gives it its behaviour. */
  trigger: ReactElement;
  onPick: (emoji: string) => void;
  onOpenChange?: (open: boolean) => void;
}) {
  const [open, setOpen] = useState(false);

  function change(next: boolean): void {
    setOpen(next);
    onOpenChange?.(next);
  }

  return (
    <Popover.Root open={open} onOpenChange={change}>
      <Popover.Trigger render={trigger} />
      <Popover.Portal>
        <Popover.Positioner sideOffset={8} collisionPadding={8} className="z-50">
          <Popover.Popup
            aria-label="Pick an emoji"
            className="rounded-2xl border border-line bg-surface p-2 shadow-raised outline-none"
          >
            <EmojiGrid
              onPick={(emoji) => {
                change(false);
                onPick(emoji);
              }}
            />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
