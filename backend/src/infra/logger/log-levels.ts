import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { installationOf } from '../installation.js';
import type { LogLevel } from '../metrics/process-metrics.js';
import type { Periodic } from '../periodic/periodically.js';
import { periodically } from '../periodic/periodically.js';
import { RedisCache, RedisUnavailableError } from '../redis/redis-cache.js';
import { Logger } from './logger.js';

/** Whoever changes the level waits for it in front of a screen. */
const LOOK_EVERY_MS = 2_000;
/** A level set by a signal ends too: what is forgotten fills disks. */
const SIGNALLED_MS = 15 * 60_000;
const VALUE = /^(error|warn|info|debug) (\d+)$/;

/**
 * Changes the level of the log while the process runs, for all processes of the installation by a key in Redis
 * (`image/log-level.mjs` writes it: a level, and until when), and for this one by SIGUSR2, which needs no Redis. Both end by
 * themselves; LOG_LEVEL holds again then.
 */
@Injectable()
export class LogLevels implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly key: string;
  private periodic: Periodic | undefined;
  private set: { readonly level: LogLevel; readonly until: number } | undefined;
  private debugUntil = 0;

  constructor(
    private readonly config: Config,
    private readonly cache: RedisCache,
    private readonly logger: Logger,
  ) {
    this.key = `parley:log-level:${installationOf(config)}`;
  }

  onApplicationBootstrap(): void {
    const options = { name: 'The look at the log level', everyMs: LOOK_EVERY_MS, logger: this.logger };
    this.periodic = periodically(options, () => this.look());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic?.stop();
  }

  /** `debug` for a while, or no longer. */
  toggleDebug(): void {
    this.debugUntil = this.debugUntil > Date.now() ? 0 : Date.now() + SIGNALLED_MS;
    this.apply();
  }

  private async look(): Promise<void> {
    try {
      const value = await this.cache.run('log_level', (client) => client.get(this.key));
      const [, level, until] = VALUE.exec(value ?? '') ?? [];
      this.set = level === undefined ? undefined : { level: level as LogLevel, until: Number(until) };
    } catch (error) {
      // What was read last holds until its own end.
      if (!(error instanceof RedisUnavailableError)) throw error;
    } finally {
      this.apply();
    }
  }

  private apply(): void {
    const now = Date.now();
    const chosen = this.set !== undefined && this.set.until > now ? this.set.level : this.config.logLevel;
    const level = this.debugUntil > now ? 'debug' : chosen;
    if (level === this.logger.level) return;
    this.logger.info('The log level changes', { from: this.logger.level, to: level });
    this.logger.setLevel(level);
  }
}
