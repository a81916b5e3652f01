import { createHash } from 'node:crypto';

/** Deeper frames are the framework's, and the same for everything. */
const FRAMES = 4;
const LENGTH = 12;

/**
 * The same for failures of one cause, whichever ids and values stand in their texts: the group, the kind of error, and the
 * functions it went through. Lines are left out, so that a new build does not make an old fault new.
 */
export function fingerprintOf(group: string, error: Error): string {
  const code: unknown = Reflect.get(error, 'code');
  const frames = [...(error.stack ?? '').matchAll(/^ +at (?:async )?([^(\n]+)/gm)]
    .slice(0, FRAMES)
    .map(([, place = '']) => place.replaceAll(/:\d+/g, '').trim());
  return createHash('sha256')
    .update([group, error.name, typeof code === 'string' ? code : '', ...frames].join('\n'))
    .digest('hex')
    .slice(0, LENGTH);
}
