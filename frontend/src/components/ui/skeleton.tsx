import { classNames } from '../../lib/class-names.js';

export function Skeleton({ className }: { className?: string }) {
  return (
    <span
      aria-hidden="true"
      className={classNames(
        'block animate-[shimmer_1.4s_ease-in-out_infinite] rounded-md bg-hover',
        className,
      )}
    />
  );
}
