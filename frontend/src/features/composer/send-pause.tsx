import type { OutboxSnapshot } from '@parley/client';
import { Hourglass } from 'lucide-react';
import { useSecondsUntil } from '../../lib/use-seconds-until.js';

/** Why what is sent does not go yet, and when it will. */
export function SendPause({ outbox }: { outbox: OutboxSnapshot }) {
  const seconds = useSecondsUntil(outbox.pausedUntil);
  if (seconds === null || seconds === 0) return null;
  const limited = outbox.pauseReason?.code === 'RATE_LIMITED';
  return (
    <div className="mx-auto w-full max-w-4xl px-3 pb-2 md:px-6">
      <p
        role="status"
        className="flex items-center gap-2 rounded-lg bg-warn-soft px-3 py-1.5 text-sm text-warn-ink"
      >
        <Hourglass className="size-4 shrink-0" aria-hidden="true" />
        <span>
          {limited ? 'You are sending very fast.' : 'The server is busy.'} Your messages are kept and go on in{' '}
          {/* Read out once, not every second. */}
          <span aria-hidden="true" className="tabular-nums">
            {seconds} s
          </span>
          <span className="sr-only">a moment</span>.
        </span>
      </p>
    </div>
  );
}
