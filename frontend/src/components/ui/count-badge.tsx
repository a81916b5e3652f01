import { classNames } from '../../lib/class-names.js';

/** Above this, how many no longer matters. */
const COUNT_SHOWN = 99;

export function CountBadge({
  count,
  quiet = false,
  label,
}: {
  count: number;
  quiet?: boolean;
  label: string;
}) {
  return (
    <span
      className={classNames(
        'inline-flex h-5 min-w-5 items-center justify-center rounded-full px-1.5 text-xs font-semibold tabular-nums',
        quiet ? 'bg-pressed text-ink-2' : 'bg-accent text-on-accent',
      )}
    >
      <span aria-hidden="true">{count > COUNT_SHOWN ? `${COUNT_SHOWN}+` : count}</span>
      <span className="sr-only">{label}</span>
    </span>
  );
}
