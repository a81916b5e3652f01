import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { installationOf } from '../infra/installation.js';
import { Instance } from '../infra/instance.js';
import { Metrics } from '../infra/metrics/metrics.js';
import { RedisConnections } from '../infra/redis/redis-connections.js';
import type { Pulse } from './bus-doubt.js';
import { BusDoubt, PULSE_INTERVAL_MS } from './bus-doubt.js';
import { LocalSockets } from './local-sockets.js';

interface SentPulse extends Pulse {
  readonly isLast: boolean;
}

/**
 * Knows whether the bus can be trusted, by a small pulse of every instance on it. What has no number that would
 * show a hole (pointers, one's own settings) is checked against PostgreSQL while it can not.
 */
@Injectable()
export class BusTrust implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly doubts: BusDoubt;
  private readonly channel: string;
  private isListening = false;
  private number = 0;
  /** When the last pulse was sent, for how long it takes to come back. */
  private pulsedAt = 0;
  /** What could not be told to anybody, beside what the bus dropped. */
  private untold = 0;
  /** What was told to nobody, since no other instance is known. */
  private withheld = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    config: Config,
    private readonly instance: Instance,
    private readonly redis: RedisConnections,
    private readonly sockets: LocalSockets,
    private readonly metrics: Metrics,
  ) {
    this.doubts = new BusDoubt(instance.id, performance.now());
    this.channel = `parley:pulse:${installationOf(config)}`;
  }

  onApplicationBootstrap(): void {
    const { busSubscriber } = this.redis;
    busSubscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => {
      if (channel.toString() === this.channel) this.heard(message);
    });
    busSubscriber.on('close', () => {
      this.doubts.cut(performance.now());
    });
    void busSubscriber.subscribe(this.channel).then(() => {
      this.isListening = true;
    });
    this.timer = setInterval(() => {
      this.tick();
    }, PULSE_INTERVAL_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.pulse(true);
  }

  get isDoubted(): boolean {
    return this.doubts.since !== null;
  }

  /**
   * Runs `work` where the bus is not trusted. It is given for how many milliseconds, until now, something may not
   * have arrived: ask for it right before reading, so that what takes time leaves nothing out.
   */
  check(work: (doubtedMs: () => number) => Promise<void>): Promise<void> {
    const clock = (): number => performance.now();
    return this.doubts.check((since) => work(() => clock() - since), clock);
  }

  /** This instance was late to listen to something: it will look for what it may have missed. */
  doubt(): void {
    this.doubts.cut(performance.now());
  }

  /** Something that is committed could not be told, here and elsewhere: every instance will look for it. */
  missed(): void {
    this.untold += 1;
  }

  /** Asked before each publish: whether it may be left out, since no other instance is there to hear it. */
  mayWithhold(): boolean {
    if (!this.doubts.isAlone(performance.now())) return false;
    this.withheld += 1;
    return true;
  }

  private tick(): void {
    const now = performance.now();
    this.doubts.look(now);
    this.metrics.busDoubted.set(this.isDoubted ? 1 : 0);
    // Its own first pulse is to be heard; a bus that is not there at the start is doubted for its silence.
    if (this.isListening || this.isDoubted) this.pulse(false);
  }

  private pulse(isLast: boolean): void {
    this.number += 1;
    const pulse: SentPulse = {
      instanceId: this.instance.id,
      number: this.number,
      lost: this.untold + this.redis.busPublisher.dropped,
      withheld: this.withheld,
      isLast,
    };
    this.pulsedAt = performance.now();
    void this.redis.busPublisher.publish(this.channel, JSON.stringify(pulse));
  }

  private heard(message: Buffer): void {
    const now = performance.now();
    const pulse = JSON.parse(message.toString()) as SentPulse;
    if (pulse.instanceId === this.instance.id && pulse.number === this.number)
      this.metrics.redis.busRoundTrip.observe((now - this.pulsedAt) / 1_000);
    // Sockets that came before the bus did may have missed something.
    if (pulse.instanceId === this.instance.id && pulse.number === 1 && this.sockets.count() > 0)
      this.doubts.cut(now);
    this.doubts.heard(pulse, now);
    if (pulse.isLast) this.doubts.left(pulse.instanceId, now);
  }
}
