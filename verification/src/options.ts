import { parseArgs } from 'node:util';

export interface Options {
  mode: 'short' | 'full' | 'soak' | 'target' | 'planted';
  seed: number;
  /** Of the part with faults; a full run ends when its rounds have. */
  soakMs: number;
  target: string | null;
  instances: number;
  outDir: string;
  /** Only these stories, or all. */
  stories: string[] | null;
  skipFaults: boolean;
}

export const USAGE = `npm run verify -- [options]

  --short            under 4 minutes, for CI
  (none)             about 20 minutes
  --soak 60m         faults in rounds for this long (s, m or h)
  --seed N           repeats the decisions of a run
  --target URL       what is possible against your own install; cleans up after itself
  --planted          starts clusters with planted defects: each must be caught and named
  --stories a,b      only these stories after the run ("none" for none); with --planted: only these defects
  --no-faults        traffic and stories alone
  --instances N      API processes (3)
  --out DIR          where recording.ndjson, report.html and report.json go (verification/reports/latest)
`;

/** Milliseconds of `90s`, `60m` or `2h`. */
function duration(text: string): number {
  const match = /^(\d+)([smh])$/.exec(text);
  if (match === null) throw new Error(`--soak takes a time like 60m, not "${text}"`);
  const units = { s: 1_000, m: 60_000, h: 3_600_000 };
  return Number(match[1]) * units[match[2] as keyof typeof units];
}

export function readOptions(args: string[], defaultOut: string): Options {
  const { values } = parseArgs({
    args,
    options: {
      short: { type: 'boolean' },
      soak: { type: 'string' },
      seed: { type: 'string' },
      target: { type: 'string' },
      planted: { type: 'boolean' },
      stories: { type: 'string' },
      'no-faults': { type: 'boolean' },
      instances: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const mode =
    values.target !== undefined
      ? 'target'
      : values.planted
        ? 'planted'
        : values.soak !== undefined
          ? 'soak'
          : values.short
            ? 'short'
            : 'full';
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
  if (!Number.isInteger(seed)) throw new Error('--seed takes a whole number');
  const instances = Number(values.instances ?? 3);
  if (!Number.isInteger(instances) || instances < 1)
    throw new Error('--instances takes a whole number from 1');
  return {
    mode,
    seed,
    soakMs: values.soak === undefined ? 0 : duration(values.soak),
    target: values.target?.replace(/\/$/, '') ?? null,
    instances,
    outDir: values.out ?? defaultOut,
    stories: values.stories === undefined ? null : values.stories.split(','),
    skipFaults: values['no-faults'] ?? false,
  };
}
