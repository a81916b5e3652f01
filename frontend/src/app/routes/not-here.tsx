import { Link } from '@tanstack/react-router';
import { MessageCircleOff } from 'lucide-react';
import { EmptyState } from '../../components/ui/empty-state.js';

/** A conversation that does not exist, or that is not the reader's to see: which of them is not told. */
export function NotHere() {
  return (
    <main className="flex-1 bg-canvas">
      <EmptyState
        icon={<MessageCircleOff className="size-7" aria-hidden="true" />}
        title="This conversation is not here"
        action={
          <Link to="/" className="font-medium text-accent-ink underline underline-offset-2">
            To your conversations
          </Link>
        }
      >
        It does not exist, or you are not a member of it.
      </EmptyState>
    </main>
  );
}
