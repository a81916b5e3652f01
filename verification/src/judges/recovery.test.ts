import { describe, expect, it } from 'vitest';
import type { Entry } from '../recording/entries.js';
import { degradedModes } from './degraded-modes.js';
import { Recorded } from './recorded.js';
import { recoveries } from './recovery.js';

const HEALED_AT = 10_000;

/** PostgreSQL is frozen from 5 to 10 s, and another fault begins at 40 s; `slow` are sends, each with how long it took. */
function recorded(slow: { from: number; ms: number }[]): Recorded {
  const about = {
    name: 'SIGSTOP PostgreSQL',
    target: 'postgres',
    affects: 'postgres',
    process: null,
    blocking: true,
  } as const;
  const entries: Entry[] = [
    { k: 'fault-start', t: 5_000, fault: 1, ...about },
    { k: 'fault-bit', t: 5_010, fault: 1, proof: 'made up', inFlight: 1 },
    { k: 'fault-heal', t: HEALED_AT, fault: 1 },
    { k: 'fault-start', t: 40_000, fault: 2, ...about },
    { k: 'fault-bit', t: 40_010, fault: 2, proof: 'made up', inFlight: 1 },
    { k: 'fault-heal', t: 40_020, fault: 2 },
  ];
  const quick = Array.from({ length: 300 }, (_, index) => ({ from: 5_000 + index * 100, ms: 5 }));
  for (const [op, { from, ms }] of [...quick, ...slow].entries()) {
    entries.push({
      k: 'invoke',
      t: from,
      op,
      action: 'send',
      user: 'ann',
      device: 'ann/1',
      via: 'socket',
      target: 'nginx',
      conversation: 'room',
      clientMessageId: `c${String(op)}`,
    });
    entries.push({ k: 'ok', t: from + ms, op });
  }
  return new Recorded(entries.sort((left, right) => left.t - right.t));
}

describe('the recovery from a fault', () => {
  it('is what was held up from the heal on without a pause', () => {
    const [fault] = recoveries(
      recorded([
        { from: 9_000, ms: 3_000 },
        { from: 13_000, ms: 2_500 },
        // Nothing was slow for six seconds: this is something else.
        { from: 21_500, ms: 2_000 },
      ]),
    );
    expect(fault).toMatchObject({ sendRecoveryMs: 5_500, heldUpLater: 1, isSeen: true });
  });

  it('is too long where sends are held up again and again', () => {
    const held = Array.from({ length: 6 }, (_, index) => ({ from: 9_500 + index * 2_000, ms: 1_800 }));
    const { violations } = degradedModes.judge(recorded(held));
    expect(violations.map(({ what }) => what)).toEqual([
      'SIGSTOP PostgreSQL: sends were held up for 11300 ms after the heal (of 30000 ms watched)',
    ]);
    expect(degradedModes.judge(recorded(held.slice(0, 4))).violations).toEqual([]);
  });

  it('is not seen where the next fault comes before its end', () => {
    const [fault] = recoveries(
      recorded(Array.from({ length: 16 }, (_, index) => ({ from: 9_500 + index * 2_000, ms: 1_800 }))),
    );
    expect(fault).toMatchObject({ isSeen: false, sendRecoveryMs: 29_300 });
  });
});
