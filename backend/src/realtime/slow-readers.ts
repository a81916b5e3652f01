import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Logger } from '../infra/logger/logger.js';
import { Metrics } from '../infra/metrics/metrics.js';
import type { Periodic } from '../infra/periodic/periodically.js';
import { periodically } from '../infra/periodic/periodically.js';
import { bufferedBytes, terminate } from './buffered-bytes.js';
import { LocalSockets } from './local-sockets.js';
import type { RealtimeSocket } from './realtime-socket.js';

/** Often enough that what a socket that does not read can ask for meanwhile stays small beside the cap. */
const LOOK_EVERY_MS = 500;
/**
 * Those for whom nothing waited are looked at in turn, each every so many looks: ten thousand who read, looked at twice a
 * second, are an eighth of what an instance does. In two seconds a busy room fills less than the cap of one socket.
 */
const LOOKS_A_ROUND = 4;
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
  /** Bytes that wait, as of the last look. */
  private readonly waiting = new Map<RealtimeSocket, number>();
  private round: Iterator<RealtimeSocket> | undefined;

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
    for (const socket of this.waiting.keys()) this.lookAt(socket);
    for (let left = Math.ceil(this.sockets.count() / LOOKS_A_ROUND); left > 0; left -= 1) {
      this.round ??= this.sockets.each();
      const next = this.round.next();
      if (next.done === true) {
        this.round = undefined;
        break;
      }
      this.lookAt(next.value);
    }
    this.cut();
  }

  private lookAt(socket: RealtimeSocket): void {
    const bytes = this.sockets.has(socket.id) ? bufferedBytes(socket.conn) : 0;
    if (bytes > 0) this.waiting.set(socket, bytes);
    else this.waiting.delete(socket);
  }

  private cut(): void {
    let total = 0;
    for (const bytes of this.waiting.values()) total += bytes;
    this.metrics.bufferedBytes.set(total);
    // The largest first: as few as can be are cut for the sake of the others.
    for (const [socket, bytes] of [...this.waiting].sort(([, one], [, other]) => other - one)) {
      if (bytes <= BUFFERED_BYTES_MAX && total <= TOTAL_BYTES_MAX) return;
      total -= bytes;
      this.waiting.delete(socket);
      this.metrics.slowReadersCut.inc();
      const why = new Error(`${String(bytes)} bytes wait for a socket that does not read them`);
      this.logger.failure('A socket was cut', why, { userId: socket.data.identity.userId }, 'warn');
      socket.data.closing = 'slow_reader';
      terminate(socket.conn);
    }
  }
}
