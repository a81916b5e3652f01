import { TriangleAlert } from 'lucide-react';
import { Button } from '../../components/ui/button.js';
import { EmptyState } from '../../components/ui/empty-state.js';

/** Instead of a blank page, where a screen failed in a way that nobody foresaw. */
export function FaultScreen() {
  return (
    <main className="h-full min-h-0 flex-1 bg-canvas">
      <EmptyState
        icon={<TriangleAlert className="size-7" aria-hidden="true" />}
        title="This screen has failed"
        action={<Button onClick={() => window.location.reload()}>Load it again</Button>}
      >
        What you wrote is kept: messages that wait are sent, and drafts are where you left them.
      </EmptyState>
    </main>
  );
}
