import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Entry } from './entries.js';

/** Reads a recording back, to judge it again. */
export async function readRecording(path: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line !== '') entries.push(JSON.parse(line) as Entry);
  }
  return entries;
}
