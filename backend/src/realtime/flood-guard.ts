import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Logger } from '../infra/logger/logger.js';
import { Metrics } from '../infra/metrics/metrics.js';
import { terminate } from './buffered-bytes.js';
import type { RealtimeSocket } from './realtime-socket.js';
import { TokenBucket } from './token-bucket.js';

type EngineConnection = RealtimeSocket['conn'];

const MINUTE_MS = 60_000;
/** A person's commands above the limit are answered with RATE_LIMITED; who goes on to twice of it does not listen. */
const PACKETS_PER_COMMAND = 2;
/** On average. 100 messages of the largest size are 3.2 MB, which a minute's 1,200 commands allow. */
const BYTES_PER_COMMAND = 4_096;

/**
 * Cuts connections that send more than anybody may: whatever the packets are, and before they are decoded. All below
 * that is answered; a flood is not worth even a refusal each.
 */
@Injectable()
export class FloodGuard {
  private readonly packetsPerMinute: number;
  private readonly bytesPerMinute: number;

  constructor(
    config: Config,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {
    this.packetsPerMinute = config.limits.commandsPerMinute * PACKETS_PER_COMMAND;
    this.bytesPerMinute = config.limits.commandsPerMinute * BYTES_PER_COMMAND;
  }

  watch(connection: EngineConnection): void {
    const packets = new TokenBucket(this.packetsPerMinute, MINUTE_MS);
    const bytes = new TokenBucket(this.bytesPerMinute, MINUTE_MS);
    connection.on('packet', ({ data }: { data?: string | Buffer }) => {
      if (!packets.take(1)) this.cut(connection, 'packets');
      else if (!bytes.take(data?.length ?? 0)) this.cut(connection, 'bytes');
    });
  }

  /** Also for what no client of ours does. */
  cut(connection: EngineConnection, what: 'packets' | 'bytes' | 'handshakes'): void {
    this.metrics.floodsCut.inc({ what });
    this.logger.failure('A connection was cut', new Error(`It sent too many ${what}`), {}, 'warn');
    terminate(connection);
  }
}
