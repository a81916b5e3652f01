import { MessagesSquare } from 'lucide-react';
import { EmptyState } from '../../components/ui/empty-state.js';

const IS_APPLE = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** Beside the list, on wide screens; on a phone the list itself is home. */
export function HomeRoute() {
  return (
    <main className="min-w-0 flex-1 bg-canvas max-md:sr-only">
      <h1 className="sr-only">Parley</h1>
      <div className="hidden h-full md:block">
        <EmptyState
          icon={<MessagesSquare className="size-7" aria-hidden="true" />}
          title="Pick a conversation"
        >
          or press{' '}
          <kbd className="rounded border border-line bg-surface px-1.5 py-0.5 text-sm">
            {IS_APPLE ? '⌘' : 'Ctrl'} K
          </kbd>{' '}
          to go to anybody.
        </EmptyState>
      </div>
    </main>
  );
}
