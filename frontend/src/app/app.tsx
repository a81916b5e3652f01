import { CSPProvider } from '@base-ui/react/csp-provider';
import { Tooltip } from '@base-ui/react/tooltip';
import { createClient } from '@parley/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Toaster } from '../components/ui/toaster.js';
import { ClientContext } from '../lib/chat/client-context.js';
import { failureCode } from '../lib/failure.js';
import { router } from './router.js';

/** An answer that says no says it again. Only what may have been a passing fault is asked once more. */
function shouldRetry(failures: number, error: unknown): boolean {
  const code = failureCode(error);
  return failures < 2 && (code === null || code === 'UNAVAILABLE' || code === 'INTERNAL');
}

export function App() {
  const [client] = useState(() => createClient());
  const [queries] = useState(
    () =>
      new QueryClient({ defaultOptions: { queries: { retry: shouldRetry, refetchOnWindowFocus: false } } }),
  );

  useEffect(() => {
    void client.restore();
    // What one person was shown is nothing for the next one.
    return client.auth.subscribe(() => {
      if (client.auth.getSnapshot().status === 'signed-out') queries.clear();
    });
  }, [client, queries]);

  return (
    <ClientContext value={client}>
      <QueryClientProvider client={queries}>
        {/* The content security policy of Parley refuses style elements that are not files. */}
        <CSPProvider disableStyleElements>
          <Tooltip.Provider delay={500}>
            <Toaster>
              <RouterProvider router={router} />
            </Toaster>
          </Tooltip.Provider>
        </CSPProvider>
      </QueryClientProvider>
    </ClientContext>
  );
}
