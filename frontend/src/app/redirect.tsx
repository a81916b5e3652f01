import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';

/**
 * Goes on to another address of this site, in the place of this one. The router's own component navigates again with
 * every render that gives it new props, which a change of the address under way causes.
 */
export function Redirect({ href }: { href: string }) {
  const { history } = useRouter();
  useEffect(() => history.replace(href), [history, href]);
  return null;
}
