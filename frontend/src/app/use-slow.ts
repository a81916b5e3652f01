import { useEffect, useState } from 'react';

/** Whether something has lasted so long that a person begins to wonder. */
export function useSlow(active: boolean, ms = 800): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!active) return undefined;
    const timer = setTimeout(() => setSlow(true), ms);
    return () => {
      clearTimeout(timer);
      setSlow(false);
    };
  }, [active, ms]);
  return slow;
}
