import { useEffect } from 'react';
import { useClient } from '../lib/chat/client-context.js';
import { IdleWatch } from '../lib/idle-watch.js';

const INPUT_EVENTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'focus'] as const;

/** Others see this person as away while nobody uses this page; another device that is used outweighs it. */
export function useIdlePresence(): void {
  const client = useClient();
  useEffect(() => {
    const watch = new IdleWatch((status) => client.setPresence(status));
    const onInput = (): void => watch.active();
    const onVisibility = (): void => {
      if (document.visibilityState === 'visible') watch.active();
    };
    watch.active();
    const options = { passive: true, capture: true };
    for (const event of INPUT_EVENTS) window.addEventListener(event, onInput, options);
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      for (const event of INPUT_EVENTS) window.removeEventListener(event, onInput, options);
      document.removeEventListener('visibilitychange', onVisibility);
      watch.stop();
    };
  }, [client]);
}
