import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Metrics } from '../metrics/metrics.js';
import type { LoadLevel } from './load-level.js';
import { LoadLevels } from './load-level.js';

/** How often the delay is measured: a timer inside Node, without JavaScript. The measured time includes it. */
const RESOLUTION_MS = 20;
/** Short, so that shedding begins within two seconds; long enough for some dozens of measurements. */
const WINDOW_MS = 1_000;
/**
 * The median. A pause (garbage, a start, one large answer) is one late measurement however long it takes, and would be
 * the 99th percentile of each second it falls into; a loop that has more to do than it can is late in all of them.
 */
const USUAL = 50;

/** Watches how late the event loop of this process is. Who can leave something out asks for the level before it does it. */
@Injectable()
export class EventLoopLoad implements OnApplicationShutdown {
  private readonly levels = new LoadLevels();
  private readonly delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private readonly timer: NodeJS.Timeout;

  constructor(metrics: Metrics) {
    this.delays.enable();
    this.timer = setInterval(() => {
      this.levels.observe(this.delays.percentile(USUAL) / 1e6 - RESOLUTION_MS);
      this.delays.reset();
      metrics.loadLevel.set(this.levels.level);
    }, WINDOW_MS).unref();
  }

  /** 1: typing is left out, and presence waits. 2: new connections are refused. Messages of those connected never are. */
  get level(): LoadLevel {
    return this.levels.level;
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.delays.disable();
  }
}
