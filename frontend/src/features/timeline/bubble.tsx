import type { ReactNode } from 'react';
import { classNames } from '../../lib/class-names.js';

export interface BubbleProps {
  own: boolean;
  first: boolean;
  last: boolean;
  highlighted?: boolean;
  failed?: boolean;
  children: ReactNode;
}

export function Bubble({ own, first, last, highlighted = false, failed = false, children }: BubbleProps) {
  return (
    <div
      className={classNames(
        'flow-root min-w-0 rounded-2xl px-3 py-1.5 transition-shadow duration-500',
        own ? 'bg-own' : 'border border-line bg-surface',
        own && !first && 'rounded-tr-md',
        own && !last && 'rounded-br-md',
        !own && !first && 'rounded-tl-md',
        !own && !last && 'rounded-bl-md',
        highlighted && 'ring-2 ring-accent',
        failed && 'ring-1 ring-danger',
      )}
    >
      {children}
    </div>
  );
}

/** Stands at the end of the last line of text where there is room, else below it. */
export function BubbleMeta({ children }: { children: ReactNode }) {
  return (
    <span className="relative top-1 float-right -mr-0.5 ml-3 flex h-5 items-center gap-1 text-2xs text-ink-2 tabular-nums select-none">
      {children}
    </span>
  );
}
