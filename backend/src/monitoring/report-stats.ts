import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Instance } from '../infra/instance.js';
import { Logger } from '../infra/logger/logger.js';
import { Metrics } from '../infra/metrics/metrics.js';
import type { Periodic } from '../infra/periodic/periodically.js';
import { periodically } from '../infra/periodic/periodically.js';
import { RedisUnavailableError } from '../infra/redis/redis-cache.js';
import { VERSION } from '../infra/version.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import type { PeopleMoved } from './stats-registry.js';
import { REPORT_EVERY_MS, StatsRegistry } from './stats-registry.js';

const MINUTE_MS = 60_000;

/** Tells the other instances how this one is. People are told as they come and go: most reports name nobody. */
@Injectable()
export class ReportStats implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private periodic: Periodic | undefined;
  private readonly moved = new Set<string>();
  private isWholeDue = true;
  /** How many messages were stored until when, of the last minute. It begins with none: the first report may come after some. */
  private readonly counted = [{ at: performance.now(), messages: 0 }];

  constructor(
    private readonly registry: StatsRegistry,
    private readonly sockets: LocalSockets,
    private readonly instance: Instance,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const moved = ({ userId }: { userId: string }): void => {
      this.moved.add(userId);
    };
    this.sockets.observe({ opened: moved, closed: moved });
    const options = { name: 'The report of figures', everyMs: REPORT_EVERY_MS, logger: this.logger };
    this.periodic = periodically(options, () => this.report());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic?.stop();
    await this.registry.remove().catch((error: unknown) => {
      if (!(error instanceof RedisUnavailableError)) throw error;
      // It ends by itself.
    });
  }

  private async report(): Promise<void> {
    const people = this.peopleMoved();
    try {
      const isWhole = await this.registry.write(
        {
          id: this.instance.id,
          version: VERSION,
          connections: this.sockets.count(),
          startedAt: this.instance.startedAt.toISOString(),
          messagesPerMinute: await this.messagesOfTheMinute(),
        },
        people,
      );
      this.isWholeDue = !isWhole && this.sockets.count() > 0;
    } catch (error) {
      // Some of it may be lost: the next report says everything.
      this.isWholeDue = true;
      if (!(error instanceof RedisUnavailableError)) throw error;
    }
  }

  private peopleMoved(): PeopleMoved {
    const moved = [...this.moved];
    this.moved.clear();
    if (this.isWholeDue) return { isWhole: true, came: this.sockets.userIds(), went: [] };
    return {
      isWhole: false,
      came: moved.filter((userId) => this.sockets.isConnected(userId)),
      went: moved.filter((userId) => !this.sockets.isConnected(userId)),
    };
  }

  /** From the counter of messages, so that sending pays nothing for it. */
  private async messagesOfTheMinute(): Promise<number> {
    const { values } = await this.metrics.delivery.messages.get();
    const messages = values.find(({ labels }) => labels.outcome === 'created')?.value ?? 0;
    const now = performance.now();
    this.counted.push({ at: now, messages });
    while (this.counted.length > 1 && now - (this.counted[0]?.at ?? now) > MINUTE_MS) this.counted.shift();
    return messages - (this.counted[0]?.messages ?? 0);
  }
}
