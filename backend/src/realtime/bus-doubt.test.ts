import { describe, expect, it } from 'vitest';
import { BusDoubt, PULSE_INTERVAL_MS } from './bus-doubt.js';

const own = 'own';
const other = 'other';

/** Time, and the pulses of two instances that arrive as the test says. */
class Bus {
  readonly doubt = new BusDoubt(own, 0);
  now = 0;
  private readonly numbers = new Map<string, number>();
  private lost = 0;
  private withheld = 0;

  constructor() {
    this.run(2_000);
  }

  run(milliseconds: number, arrives: (instanceId: string) => boolean = () => true): void {
    for (const end = this.now + milliseconds; this.now < end;) {
      this.now += PULSE_INTERVAL_MS;
      this.doubt.look(this.now);
      for (const instanceId of [own, other]) {
        const number = (this.numbers.get(instanceId) ?? 0) + 1;
        this.numbers.set(instanceId, number);
        const lost = instanceId === other ? this.lost : 0;
        const withheld = instanceId === other ? this.withheld : 0;
        if (arrives(instanceId)) this.doubt.heard({ instanceId, number, lost, withheld }, this.now);
      }
    }
  }

  otherLoses(): void {
    this.lost += 1;
  }

  otherWithholds(): void {
    this.withheld += 1;
  }

  async check(): Promise<number | null> {
    let from: number | null = null;
    await this.doubt.check(
      (since) => {
        from = since;
        return Promise.resolve();
      },
      () => this.now,
    );
    return from;
  }
}

describe('bus doubt', () => {
  it('trusts what pulses without a hole, and checks nothing then', async () => {
    const bus = new Bus();
    bus.run(60_000);
    expect(bus.doubt.since).toBeNull();
    expect(await bus.check()).toBeNull();
  });

  it('doubts from the last pulse before one that is missing', async () => {
    const bus = new Bus();
    bus.run(500, (instanceId) => instanceId === own);
    expect(bus.doubt.since).toBeNull();
    bus.run(500);
    expect(await bus.check()).toBe(2_000);
  });

  it('doubts when another instance could not tell something, though its pulses arrive', () => {
    const bus = new Bus();
    bus.otherLoses();
    bus.run(500);
    expect(bus.doubt.since).toBe(2_000);
  });

  it.each([own, other])('notices within 2.5 s that nothing arrives from %s', (silent) => {
    const bus = new Bus();
    bus.run(2_500, (instanceId) => instanceId !== silent);
    expect(bus.doubt.since).toBe(2_000);
  });

  it('notices that it stood still itself', () => {
    const bus = new Bus();
    bus.now += 5_000;
    bus.doubt.look(bus.now);
    expect(bus.doubt.since).toBe(2_000);
  });

  it('looks at each time once while silence lasts, and for 10 s after it ended', async () => {
    const bus = new Bus();
    bus.run(3_000, () => false);
    expect(await bus.check()).toBe(2_000);
    bus.run(2_000, () => false);
    expect(await bus.check()).toBe(5_000);
    bus.run(500);
    expect(await bus.check()).toBe(7_000);
    bus.run(10_000);
    expect(await bus.check()).toBe(7_500);
    expect(bus.doubt.since).not.toBeNull();
    bus.run(1_000);
    expect(await bus.check()).toBe(17_500);
    expect(bus.doubt.since).toBeNull();
  });

  it('keeps what a failed check should have covered', async () => {
    const bus = new Bus();
    bus.doubt.cut(bus.now);
    bus.run(11_000);
    const failing = bus.doubt.check(
      () => Promise.reject(new Error('PostgreSQL is away')),
      () => bus.now,
    );
    await expect(failing).rejects.toThrow('away');
    expect(await bus.check()).toBe(2_000);
  });

  it('forgets an instance that died after a minute, and doubts again should it come back', async () => {
    const bus = new Bus();
    bus.run(60_500, (instanceId) => instanceId === own);
    await bus.check();
    bus.run(11_000, (instanceId) => instanceId === own);
    await bus.check();
    expect(bus.doubt.since).toBeNull();
    bus.run(500);
    expect(bus.doubt.since).toBe(2_000);
  });

  it('takes leave of an instance that says that it goes', async () => {
    const bus = new Bus();
    bus.doubt.left(other, bus.now);
    expect(await bus.check()).toBe(2_000);
    bus.run(10_500, (instanceId) => instanceId === own);
    await bus.check();
    bus.run(5_000, (instanceId) => instanceId === own);
    expect(bus.doubt.since).toBeNull();
  });

  it('doubts an instance whose beginning it did not hear, unless it began after that one', () => {
    const bus = new Bus();
    bus.doubt.heard({ instanceId: 'older', number: 900, lost: 3, withheld: 0 }, bus.now);
    expect(bus.doubt.since).toBeNull();
    bus.doubt.heard({ instanceId: 'younger', number: 3, lost: 3, withheld: 0 }, bus.now);
    expect(bus.doubt.since).toBe(500);
  });

  it('is alone only once it is settled, hears itself, and has heard of nobody else for a minute', () => {
    const alone = new BusDoubt(own, 0);
    const pulses = (from: number, to: number): void => {
      for (let at = from; at <= to; at += PULSE_INTERVAL_MS)
        alone.heard({ instanceId: own, number: at / PULSE_INTERVAL_MS, lost: 0, withheld: at }, at);
    };
    expect(alone.isAlone(0)).toBe(false);
    pulses(PULSE_INTERVAL_MS, 9_500);
    expect(alone.isAlone(9_500)).toBe(false);
    pulses(10_000, 10_000);
    expect(alone.isAlone(10_000)).toBe(true);
    // Its own silence: the bus may be down, and others may be there.
    expect(alone.isAlone(12_500)).toBe(false);
    alone.heard({ instanceId: other, number: 1, lost: 0, withheld: 0 }, 12_500);
    pulses(10_500, 72_000);
    expect(alone.isAlone(72_000)).toBe(false);
  });

  it('doubts when another instance had lost something before it was first heard, unless that was long ago', () => {
    for (const [number, since] of [
      [1, 1_500],
      [500, null],
    ] as const) {
      const { doubt } = new Bus();
      doubt.heard({ instanceId: 'third', number, lost: 1, withheld: 0 }, 2_000);
      expect(doubt.since).toBe(since);
    }
  });

  it('doubts when another instance left something out, as it thought that it was alone', () => {
    const bus = new Bus();
    bus.otherWithholds();
    bus.run(500);
    expect(bus.doubt.since).toBe(2_000);
  });

  it('doubts the moment before it met an instance that was alone', () => {
    const bus = new Bus();
    bus.doubt.heard({ instanceId: 'lonely', number: 900, lost: 0, withheld: 7 }, bus.now);
    expect(bus.doubt.since).toBe(1_500);
  });
});
