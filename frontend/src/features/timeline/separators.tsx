import { dayLabel } from '../../lib/time-labels.js';

export function DaySeparator({ day, now }: { day: Date; now: Date }) {
  return (
    <div role="separator" className="flex justify-center py-3">
      <span className="rounded-full bg-rail px-3 py-0.5 text-xs font-medium text-ink-2">
        {dayLabel(day, now)}
      </span>
    </div>
  );
}

export function UnreadSeparator() {
  return (
    <div role="separator" data-unread-line className="flex items-center gap-3 py-2 text-accent-ink">
      <span className="h-px flex-1 bg-accent/50" />
      <span className="text-xs font-semibold">New</span>
      <span className="h-px flex-1 bg-accent/50" />
    </div>
  );
}
