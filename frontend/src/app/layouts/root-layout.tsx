import { Outlet } from '@tanstack/react-router';
import { Wordmark } from '../../components/ui/wordmark.js';
import { Spinner } from '../../components/ui/spinner.js';
import { useAuth } from '../../lib/chat/session.js';
import { useSlow } from '../use-slow.js';

/** Nothing is decided before it is known who is there: no sign-in form flashes by for somebody signed in. */
export function RootLayout() {
  const auth = useAuth();
  const slow = useSlow(auth.status === 'unknown');
  if (auth.status !== 'unknown') return <Outlet />;
  return (
    <main
      role="status"
      aria-label="Starting"
      className="flex h-dvh flex-col items-center justify-center gap-5 bg-rail text-ink-2"
    >
      <Wordmark className="text-2xl text-ink" />
      <span className="flex h-6 items-center gap-2.5 text-sm">
        {slow && (
          <>
            <Spinner /> Reaching the server…
          </>
        )}
      </span>
    </main>
  );
}
