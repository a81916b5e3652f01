/**
 * Hues of avatars, in degrees. Twelve that the eye tells apart, the accent's own left out, so that a colour
 * never seems to mean "selected".
 */
const HUES = [12, 32, 55, 80, 118, 142, 220, 242, 262, 285, 312, 340] as const;

/** The same id has the same colour on every device and after every reload. */
export function avatarHue(id: string): number {
  // FNV-1a: ids made in one second differ only in their last characters, and still spread over all hues.
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  }
  hash ^= hash >>> 15;
  return HUES[(hash >>> 0) % HUES.length] ?? HUES[0];
}
