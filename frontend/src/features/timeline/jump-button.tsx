import { ArrowDown } from 'lucide-react';

export function JumpButton({
  shown,
  unread,
  onJump,
}: {
  shown: boolean;
  unread: number;
  onJump: () => void;
}) {
  if (!shown) return null;
  return (
    <button
      type="button"
      onClick={onJump}
      className="touch-target absolute right-4 bottom-3 z-10 inline-flex h-10 items-center gap-2 rounded-full border border-line bg-surface px-3 text-sm font-medium text-ink shadow-raised hover:bg-hover md:right-8"
      // `touch-target` makes it relative; it is placed by its corner all the same.
      style={{ position: 'absolute' }}
    >
      <ArrowDown className="size-4" aria-hidden="true" />
      {unread > 0 ? `${unread} new` : <span className="sr-only">Jump to the newest message</span>}
    </button>
  );
}
