import { classNames } from '../../lib/class-names.js';

export function Wordmark({ className }: { className?: string }) {
  return (
    <span className={classNames('flex items-center gap-2.5 font-semibold tracking-tight', className)}>
      <svg viewBox="0 0 64 64" className="size-[1.35em]" aria-hidden="true">
        <path
          className="fill-current text-accent"
          d="M32 5C16.5 5 4 16 4 29.6c0 7.6 3.9 14.4 10.1 18.9-.3 3.2-1.5 6.3-3.5 8.9-.8 1 .1 2.5 1.4 2.2 5-.9 9.4-2.8 12.8-5.4 2.3.4 4.7.7 7.2.7 15.5 0 28-11 28-24.7S47.5 5 32 5Z"
        />
        <path
          className="stroke-on-accent"
          fill="none"
          strokeLinecap="round"
          strokeWidth="5.5"
          d="M19 24.5h26M19 35.5h16"
        />
      </svg>
      Parley
    </span>
  );
}
