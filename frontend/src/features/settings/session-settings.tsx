import type { Session } from '@parley/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { MonitorSmartphone } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/ui/button.js';
import { ErrorNote } from '../../components/ui/error-note.js';
import { Skeleton } from '../../components/ui/skeleton.js';
import { showToast } from '../../components/ui/toaster.js';
import { useClient } from '../../lib/chat/client-context.js';
import { failureText } from '../../lib/failure.js';
import { sessionsQuery } from '../../lib/queries.js';
import { agoLabel } from '../../lib/time-labels.js';
import { useNow } from '../../lib/use-now.js';
import { deviceName } from './device-name.js';

export function SessionSettings() {
  const client = useClient();
  const queries = useQueryClient();
  const query = sessionsQuery(client);
  const sessions = useQuery(query);
  const [ending, setEnding] = useState<string | null>(null);
  const now = useNow();

  async function end(which: Session | 'others'): Promise<void> {
    setEnding(which === 'others' ? 'others' : which.id);
    try {
      if (which === 'others') await client.call('DELETE /auth/sessions');
      else await client.call('DELETE /auth/sessions/:id', { params: { id: which.id } });
      await queries.invalidateQueries({ queryKey: query.queryKey });
    } catch (error) {
      showToast(failureText(error));
    } finally {
      setEnding(null);
    }
  }

  if (sessions.isPending) {
    return (
      <div role="status" aria-label="Loading devices">
        <Skeleton className="h-12" />
      </div>
    );
  }
  if (sessions.isError) {
    return <ErrorNote onRetry={() => void sessions.refetch()}>{failureText(sessions.error)}</ErrorNote>;
  }
  const others = sessions.data.items.filter((session) => !session.current);
  return (
    <div className="flex flex-col gap-3">
      <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
        {sessions.data.items.map((session) => (
          <li key={session.id} className="flex items-center gap-3 px-3.5 py-3">
            <MonitorSmartphone className="size-5 shrink-0 text-ink-2" aria-hidden="true" />
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">{deviceName(session.userAgent)}</span>
              <span className="block truncate text-sm text-ink-2">
                {session.current ? 'This device' : `Used ${agoLabel(new Date(session.lastUsedAt), now)}`} ·{' '}
                {session.ip}
              </span>
            </span>
            {!session.current && (
              <Button
                look="quiet"
                size="small"
                busy={ending === session.id}
                onClick={() => void end(session)}
              >
                Sign out
              </Button>
            )}
          </li>
        ))}
      </ul>
      {others.length > 1 && (
        <div>
          <Button look="quiet" busy={ending === 'others'} onClick={() => void end('others')}>
            Sign out all other devices
          </Button>
        </div>
      )}
    </div>
  );
}
