import { DriverProcess } from './driver-process-handle.js';
import type { CrowdCounts, CrowdOrders, Joined, LiveOrder, PersonOrder } from './crowd-orders.js';
import type { Quantiles } from './histogram.js';
import { quantilesOf } from './histogram.js';

export interface CrowdLife {
  readonly sent: number;
  readonly lag: Quantiles;
  readonly toAck: Quantiles;
}

export interface CrowdTotals extends Omit<CrowdCounts, 'toArrival' | 'lap' | 'strain'> {
  readonly latency: Quantiles;
  readonly lap: Quantiles;
  readonly receiverLagP99Ms: number;
  readonly driverCpu: number;
}

/** Linux gives all of 127.0.0.0/8 to this machine: each process has addresses of its own, so that ports suffice. */
const SOURCES_EACH = 4;

/** People spread evenly over processes. */
export class Crowd {
  private readonly drivers: DriverProcess<CrowdOrders>[];

  constructor(
    processes: number,
    private readonly firstSource: number,
  ) {
    this.drivers = Array.from({ length: processes }, () => new DriverProcess<CrowdOrders>('crowd-process'));
  }

  async join(people: readonly PersonOrder[], atOnce: number): Promise<Joined> {
    const answers = await Promise.all(
      this.drivers.map((driver, at) =>
        driver.ask('join', {
          people: people.filter((_, index) => index % this.drivers.length === at),
          atOnce,
          sources: Array.from(
            { length: SOURCES_EACH },
            (_, index) => `127.0.0.${this.firstSource + at * SOURCES_EACH + index}`,
          ),
        }),
      ),
    );
    return {
      joined: answers.reduce((sum, { joined }) => sum + joined, 0),
      ms: Math.max(...answers.map(({ ms }) => ms)),
    };
  }

  /** Rates are of all people together. */
  async live(order: LiveOrder): Promise<CrowdLife> {
    const share = (rate: number): number => rate / this.drivers.length;
    const { sends, reads, presences } = order;
    const answers = await Promise.all(
      this.drivers.map((driver) =>
        driver.ask('live', {
          ...order,
          sends: share(sends),
          reads: share(reads),
          presences: share(presences),
        }),
      ),
    );
    return {
      sent: answers.reduce((sum, { sent }) => sum + sent, 0),
      lag: quantilesOf(answers.map(({ lag }) => lag)),
      toAck: quantilesOf(answers.map(({ toAck }) => toAck)),
    };
  }

  async count(options: { andReset: boolean }): Promise<CrowdTotals> {
    const counts = await Promise.all(this.drivers.map((driver) => driver.ask('count', options)));
    const sum = (of: (one: CrowdCounts) => number): number =>
      counts.reduce((total, one) => total + of(one), 0);
    return {
      frames: together(counts.map(({ frames }) => frames)),
      refused: together(counts.map(({ refused }) => refused)),
      bytes: sum(({ bytes }) => bytes),
      messages: sum(({ messages }) => messages),
      caughtUp: sum(({ caughtUp }) => caughtUp),
      acknowledged: sum(({ acknowledged }) => acknowledged),
      open: sum(({ open }) => open),
      holes: sum(({ holes }) => holes),
      cuts: sum(({ cuts }) => cuts),
      failedReturns: together(counts.map(({ failedReturns }) => failedReturns)),
      away: sum(({ away }) => away),
      backAfterMs: counts.flatMap(({ backAfterMs }) => backAfterMs),
      latency: quantilesOf(counts.map(({ toArrival }) => toArrival)),
      lap: quantilesOf(counts.map(({ lap }) => lap)),
      receiverLagP99Ms: Math.max(...counts.map(({ strain }) => strain.lagP99Ms)),
      driverCpu: Math.max(...counts.map(({ strain }) => strain.cpu)),
    };
  }

  async held(): Promise<(readonly [number, readonly number[]])[]> {
    return (await Promise.all(this.drivers.map((driver) => driver.ask('held', {})))).flat();
  }

  async stop(): Promise<void> {
    await Promise.all(this.drivers.map((driver) => driver.stop()));
  }
}

function together(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const one of records)
    for (const [name, count] of Object.entries(one)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}
