import { CloudOff, RefreshCw, Wifi } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { Button } from '../../components/ui/button.js';
import { classNames } from '../../lib/class-names.js';
import { useClient } from '../../lib/chat/client-context.js';
import { useObservable } from '../../lib/chat/use-observable.js';
import { useSecondsUntil } from '../../lib/use-seconds-until.js';

/** A blip shorter than this is over before anybody could read about it. */
const PATIENCE_MS = 1_200;
/** A first connection over a slow line takes its time; that is no loss yet. */
const FIRST_PATIENCE_MS = 4_000;
const BACK_SHOWN_MS = 2_500;

/** Says when what is on the screen may be old, and when it no longer is. */
export function ConnectionBanner() {
  const client = useClient();
  const { status, retryAt, wasOnline } = useObservable(client.connection);
  const seconds = useSecondsUntil(status === 'waiting' ? retryAt : null);
  const lost = status !== 'online' && status !== 'idle';
  const shown = useLastingFor(lost, wasOnline || status === 'offline' ? PATIENCE_MS : FIRST_PATIENCE_MS);
  const back = useBriefly(shown, lost);

  if (back) {
    return (
      <Bar tone="good" icon={<Wifi className="size-4" aria-hidden="true" />}>
        Connected again
      </Bar>
    );
  }
  if (!shown) return null;
  return (
    <Bar
      tone="warn"
      icon={
        status === 'offline' ? (
          <CloudOff className="size-4" aria-hidden="true" />
        ) : (
          <RefreshCw
            className={classNames('size-4', status === 'connecting' && 'animate-spin')}
            aria-hidden="true"
          />
        )
      }
      action={
        status === 'waiting' && (
          <Button
            look="plain"
            size="small"
            className="-my-1 text-warn-ink"
            onClick={() => client.reconnectNow()}
          >
            Try now
          </Button>
        )
      }
    >
      {status === 'offline' ? (
        'You are offline. What you write is kept and sent when you are back.'
      ) : (
        <>
          {wasOnline ? 'Connection lost.' : 'No connection.'} {/* Read out once, not every second. */}
          <span aria-hidden="true" className="tabular-nums">
            {seconds === null || seconds === 0 ? 'Reconnecting…' : `Reconnecting in ${seconds} s`}
          </span>
          <span className="sr-only">Reconnecting.</span>
        </>
      )}
    </Bar>
  );
}

function Bar({
  tone,
  icon,
  action,
  children,
}: {
  tone: 'good' | 'warn';
  icon: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div
      role="status"
      data-connection-banner={tone}
      className={classNames(
        'flex min-h-9 shrink-0 items-center justify-center gap-2 px-4 py-1 text-sm font-medium',
        tone === 'good' ? 'bg-accent-soft text-accent-ink' : 'bg-warn-soft text-warn-ink',
      )}
    >
      {icon}
      <span>{children}</span>
      {action}
    </div>
  );
}

/** True once the condition has held for a while; false as soon as it does not. */
function useLastingFor(condition: boolean, ms: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!condition) {
      setLasting(false);
      return undefined;
    }
    const timer = setTimeout(() => setLasting(true), ms);
    return () => clearTimeout(timer);
  }, [condition, ms]);
  return lasting && condition;
}

/** True for a moment after the banner was shown and the loss is over. */
function useBriefly(shown: boolean, lost: boolean): boolean {
  const [told, setTold] = useState(false);
  const [back, setBack] = useState(false);
  useEffect(() => {
    if (shown) setTold(true);
  }, [shown]);
  useEffect(() => {
    if (lost || !told) return undefined;
    setTold(false);
    setBack(true);
    return undefined;
  }, [lost, told]);
  useEffect(() => {
    if (!back) return undefined;
    const timer = setTimeout(() => setBack(false), BACK_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [back]);
  return back && !lost;
}
