import { setFlagsFromString } from 'node:v8';

/**
 * The old generation is collected when it is three times what lives in it, or half way from that to the most that it may have, where
 * that is less: in a container of 1 GB sooner. V8 decides by how fast it grows: of ten thousand people 250 MB live and grow by 2 MB a
 * second, and it collected them at 310 to 420 MB, up to three times a minute. At twice what lives the bursts still held up one
 * delivery in a hundred (decision 32).
 */
const GROWING_PERCENT = 200;

/** Fewer, not shorter collections: to mark what lives takes half a second of a core each time. */
export function collectSeldom(): void {
  setFlagsFromString(`--heap-growing-percent=${String(GROWING_PERCENT)}`);
}
