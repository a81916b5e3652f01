import type { Options } from '../options.js';

/** How much of everything a mode takes. */
export interface Scale {
  people: number;
  devicesEach: [number, number];
  conversations: number;
  actionsPerSecond: number;
  churnEveryMs: number;
  cutEveryMs: number;
  signOutEveryMs: number;
  /** Traffic before the first fault: what is normal is measured there. */
  warmUpMs: number;
  /** Of each round of faults: how long the lasting ones last, and what is left between two. */
  rounds: { stretch: number; gapMs: number }[];
  /** After the last action; G5 allows ten seconds. */
  quietMs: number;
}

const SHORT: Scale = {
  people: 60,
  devicesEach: [2, 2],
  conversations: 20,
  // Enough for every threshold of no-empty-run with room to spare, on the two cores of a CI machine that carry all of it.
  actionsPerSecond: 16,
  churnEveryMs: 6_000,
  cutEveryMs: 1_500,
  signOutEveryMs: 5_000,
  warmUpMs: 5_000,
  rounds: [{ stretch: 1, gapMs: 1_000 }],
  quietMs: 10_500,
};

const FULL: Scale = {
  people: 60,
  devicesEach: [2, 3],
  conversations: 20,
  actionsPerSecond: 22,
  churnEveryMs: 5_000,
  cutEveryMs: 1_500,
  signOutEveryMs: 10_000,
  warmUpMs: 20_000,
  rounds: [
    { stretch: 1, gapMs: 5_000 },
    { stretch: 3, gapMs: 12_000 },
    { stretch: 5, gapMs: 12_000 },
  ],
  quietMs: 10_500,
};

export function scaleOf({ mode, soakMs }: Options): Scale {
  if (mode === 'short') return SHORT;
  if (mode !== 'soak') return FULL;
  // A round of stretch 3 takes about seven minutes.
  const rounds = Math.max(1, Math.round(soakMs / 420_000));
  return { ...FULL, rounds: Array.from({ length: rounds }, () => ({ stretch: 3, gapMs: 12_000 })) };
}
