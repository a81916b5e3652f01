import type { RedisKey, RedisOptions } from 'ioredis';
import { Redis } from 'ioredis';

/** Bytes handed to a Redis that does not answer; above, events are dropped instead of kept in memory. */
const UNANSWERED_BYTES_MAX = 16 * 1024 * 1024;

/**
 * The publishing side of the bus between instances. Nobody waits for an event to be published, so a
 * rejection of it would end the process: here it never rejects. An event that can not be published now is
 * dropped and counted; the other instances read it from PostgreSQL. Keeping it for later would deliver it
 * only sometimes, since subscribers return at their own pace.
 */
export class BusPublisher extends Redis {
  private unansweredBytes = 0;
  private droppedCount = 0;

  constructor(
    url: string,
    options: Pick<RedisOptions, 'retryStrategy' | 'connectTimeout' | 'Connector'>,
    private readonly onDropped: () => void,
  ) {
    super(url, { ...options, enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  }

  /** Events that were not handed to Redis, or for which that is unknown. */
  get dropped(): number {
    return this.droppedCount;
  }

  override publish(channel: RedisKey, message: string | Buffer): Promise<number> {
    const size = message.length;
    if (this.status !== 'ready' || this.unansweredBytes + size > UNANSWERED_BYTES_MAX) {
      this.drop();
      return Promise.resolve(0);
    }
    this.unansweredBytes += size;
    return super
      .publish(channel, message)
      .catch(() => {
        this.drop();
        return 0;
      })
      .finally(() => {
        this.unansweredBytes -= size;
      });
  }

  private drop(): void {
    this.droppedCount += 1;
    this.onDropped();
  }
}
