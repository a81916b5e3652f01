import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Logger } from '../infra/logger/logger.js';
import { Metrics } from '../infra/metrics/metrics.js';
import type { Periodic } from '../infra/periodic/periodically.js';
import { periodically } from '../infra/periodic/periodically.js';
import { bufferedBytes, terminate } from './buffered-bytes.js';
import { LocalSockets } from './local-sockets.js';

/** Often enough that what one socket can ask for meanwhile stays small beside the cap. */
const LOOK_EVERY_MS = 500;
/** A phone that comes out of a tunnel reads this within a second; who does not read is better off with `sync`. */
export const BUFFERED_BYTES_MAX = 1_048_576;
/** Of all sockets together: an eighth of the 1 GiB that the compose file gives an instance. */
const TOTAL_BYTES_MAX = 128 * 1_048_576;

/**
 * Cuts sockets that do not read: what waits for them is memory of all others. They come back and catch up, and
 * nothing of a log is lost by it.
 */
@Injectable()
export class SlowReaders implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private periodic: Periodic | undefined;

  constructor(
    private readonly sockets: LocalSockets,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const options = { name: 'The look for slow readers', everyMs: LOOK_EVERY_MS, logger: this.logger };
    this.periodic = periodically(options, () => {
      this.look();
      return Promise.resolve();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic?.stop();
  }

  private look(): void {
    const waiting = this.sockets.all().flatMap((socket) => {
      const bytes = bufferedBytes(socket.conn);
      return bytes > 0 ? [{ socket, bytes }] : [];
    });
    let total = waiting.reduce((sum, { bytes }) => sum + bytes, 0);
    this.metrics.bufferedBytes.set(total);
    // The largest first: as few as can be are cut for the sake of the others.
    for (const { socket, bytes } of waiting.sort((one, other) => other.bytes - one.bytes)) {
      if (bytes <= BUFFERED_BYTES_MAX && total <= TOTAL_BYTES_MAX) return;
      total -= bytes;
      this.metrics.slowReadersCut.inc();
      const why = new Error(`${String(bytes)} bytes wait for a socket that does not read them`);
      this.logger.failure('A socket was cut', why, { userId: socket.data.identity.userId }, 'warn');
      socket.data.closing = 'slow_reader';
      terminate(socket.conn);
    }
  }
}
