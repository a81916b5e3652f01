import { Link } from '@tanstack/react-router';
import { ChevronLeft } from 'lucide-react';
import type { ReactNode } from 'react';

/** A screen beside the conversation list that is no conversation. */
export function Page({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="flex min-w-0 flex-1 flex-col bg-canvas">
      <header className="pad-safe-top shrink-0 border-b border-line">
        <div className="flex h-14 items-center gap-1.5 px-2 md:px-6">
          <Link
            to="/"
            aria-label="Back to the conversations"
            className="touch-target inline-flex size-9 items-center justify-center rounded-lg text-ink-2 hover:bg-hover md:hidden"
          >
            <ChevronLeft className="size-6" aria-hidden="true" />
          </Link>
          <h1 className="truncate font-semibold tracking-tight">{title}</h1>
        </div>
      </header>
      <div className="pad-safe-bottom min-h-0 flex-1 overflow-y-auto overscroll-contain">{children}</div>
    </main>
  );
}
