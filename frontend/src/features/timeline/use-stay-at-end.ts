import type { Virtualizer } from '@tanstack/react-virtual';
import { useEffect, type RefObject } from 'react';

/**
 * Keeps the newest message in sight when the list gets less room: a keyboard opens, a banner appears, the composer
 * grows. Who reads further up keeps their place by themselves.
 */
export function useStayAtEnd(
  scroller: RefObject<HTMLElement | null>,
  virtualizer: Virtualizer<HTMLDivElement, Element>,
  shown: boolean,
): void {
  useEffect(() => {
    const element = scroller.current;
    if (element === null || !shown) return undefined;
    // As it was before the size changed: afterwards the end is further away.
    let atEnd = virtualizer.isAtEnd();
    const remember = (): void => {
      atEnd = virtualizer.isAtEnd();
    };
    const observer = new ResizeObserver(() => {
      if (atEnd) virtualizer.scrollToEnd();
    });
    element.addEventListener('scroll', remember, { passive: true });
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', remember);
      observer.disconnect();
    };
  }, [scroller, virtualizer, shown]);
}
