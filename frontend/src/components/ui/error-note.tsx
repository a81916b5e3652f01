import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from './button.js';

/** Says what went wrong, in place, and offers to try again where that can help. */
export function ErrorNote({ children, onRetry }: { children: ReactNode; onRetry?: () => void }) {
  return (
    <div
      role="alert"
      className="flex items-start gap-2.5 rounded-lg bg-danger-soft px-3 py-2.5 text-sm text-ink"
    >
      <CircleAlert className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden="true" />
      <div className="min-w-0 flex-1">{children}</div>
      {onRetry !== undefined && (
        <Button look="plain" size="small" className="-my-1" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
