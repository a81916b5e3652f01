import { monotonicMicros } from '../machine/monotonic.js';
import { newHistogram, packed, record } from './histogram.js';
import type { CrowdCounts } from './crowd-orders.js';
import { StrainGauge } from './strain.js';

/** What all people of a process saw together. */
export class CrowdTally {
  private frames = new Map<string, number>();
  private refused = new Map<string, number>();
  private bytes = 0;
  private messages = 0;
  private caughtUp = 0;
  private acknowledged = 0;
  private holes = 0;
  private cuts = 0;
  private failedReturns = new Map<string, number>();
  private backAfterMs: number[] = [];
  private countedFrom = 0;
  private toArrival = newHistogram();
  private lap = newHistogram();
  private readonly strain = new StrainGauge();

  frame(name: string, bytes: number): void {
    this.frames.set(name, (this.frames.get(name) ?? 0) + 1);
    this.bytes += bytes;
  }

  message(intendedMicros: number, byCatchUp: boolean): void {
    if (intendedMicros < this.countedFrom) return;
    const micros = monotonicMicros() - intendedMicros;
    this.messages += 1;
    if (byCatchUp) this.caughtUp += 1;
    record(this.toArrival, micros);
    record(this.lap, micros);
  }

  ack(intendedMicros: number): void {
    if (intendedMicros >= this.countedFrom) this.acknowledged += 1;
  }

  refusal(code: string): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
  }

  hole(): void {
    this.holes += 1;
  }

  cut(): void {
    this.cuts += 1;
  }

  failedReturn(why: string): void {
    this.failedReturns.set(why, (this.failedReturns.get(why) ?? 0) + 1);
  }

  back(afterMs: number): void {
    this.backAfterMs.push(Math.round(afterMs));
  }

  read({ open, away }: { open: number; away: number }): CrowdCounts {
    const { bytes, messages, caughtUp, acknowledged, holes, cuts, backAfterMs } = this;
    const counts = {
      frames: Object.fromEntries(this.frames),
      refused: Object.fromEntries(this.refused),
      failedReturns: Object.fromEntries(this.failedReturns),
      ...{ bytes, messages, caughtUp, acknowledged, holes, cuts, backAfterMs, open, away },
      toArrival: packed(this.toArrival),
      lap: packed(this.lap),
      strain: this.strain.read(),
    };
    this.lap = newHistogram();
    return counts;
  }

  reset(): void {
    this.frames = new Map();
    this.refused = new Map();
    this.bytes = 0;
    this.messages = 0;
    this.caughtUp = 0;
    this.acknowledged = 0;
    this.holes = 0;
    this.cuts = 0;
    this.failedReturns = new Map();
    this.backAfterMs = [];
    this.countedFrom = monotonicMicros();
    this.toArrival = newHistogram();
    this.lap = newHistogram();
    this.strain.reset();
  }
}
