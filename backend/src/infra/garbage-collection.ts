import { setFlagsFromString } from 'node:v8';

/**
 * The old generation is collected when it is twice what lives in it. V8 decides by how fast it grows: of ten thousand people
 * 250 MB live and grow by 2 MB a second, and it collected them at 310 to 420 MB, up to three times a minute.
 */
const GROWING_PERCENT = 100;

/** Fewer, not shorter collections: to mark what lives takes half a second of a core each time. */
export function collectSeldom(): void {
  setFlagsFromString(`--heap-growing-percent=${String(GROWING_PERCENT)}`);
}
