import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { EmptyState } from '../../components/ui/empty-state.js';

export function NotFoundRoute() {
  return (
    <main className="h-dvh w-full bg-canvas">
      <EmptyState
        icon={<Compass className="size-7" aria-hidden="true" />}
        title="There is no such page"
        action={
          <Link to="/" className="font-medium text-accent-ink underline underline-offset-2">
            To your conversations
          </Link>
        }
      >
        The address may be mistyped, or what it led to is gone.
      </EmptyState>
    </main>
  );
}
