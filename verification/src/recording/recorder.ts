import { createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { once } from 'node:events';
import type { Entry } from './entries.js';

type Untimed<E> = E extends unknown ? Omit<E, 't'> : never;

/** Takes entries from all actors, stamps them, keeps them for the judges and writes them down as NDJSON. */
export class Recorder {
  readonly entries: Entry[] = [];
  private readonly startedAt = performance.now();
  private readonly file: WriteStream | null;
  private nextOp = 1;
  private nextFault = 1;
  private inFlightOps = 0;
  private readonly invoked = new Set<string>();

  constructor(path: string | null) {
    this.file = path === null ? null : createWriteStream(path);
  }

  /** Milliseconds since the start of the run. */
  now(): number {
    return performance.now() - this.startedAt;
  }

  op(): number {
    this.nextOp += 1;
    return this.nextOp - 1;
  }

  fault(): number {
    this.nextFault += 1;
    return this.nextFault - 1;
  }

  get inFlight(): number {
    return this.inFlightOps;
  }

  /** Whether a send with this client id was started. */
  hasInvoked(clientMessageId: string): boolean {
    return this.invoked.has(clientMessageId);
  }

  write(entry: Untimed<Entry>): void {
    const stamped = { ...entry, t: Math.round(this.now() * 100) / 100 };
    if (stamped.k === 'invoke') {
      this.inFlightOps += 1;
      if (stamped.clientMessageId !== undefined) this.invoked.add(stamped.clientMessageId);
    }
    if (stamped.k === 'ok' || stamped.k === 'fail' || stamped.k === 'info') this.inFlightOps -= 1;
    this.entries.push(stamped);
    this.file?.write(`${JSON.stringify(stamped)}\n`);
  }

  async close(): Promise<void> {
    if (this.file === null) return;
    this.file.end();
    await once(this.file, 'close');
  }
}
