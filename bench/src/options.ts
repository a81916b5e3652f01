import { parseArgs } from 'node:util';
import type { RatioName } from './measures/ratios.js';
import { RATIO_NAMES } from './measures/ratios.js';

export interface Options {
  counters: boolean;
  quick: boolean;
  only: ReadonlySet<RatioName>;
  profile: boolean;
  outDir: string;
}

export const USAGE = `npm run bench -- [options]

  (none)             all ratios, as published: wants a machine that does nothing else
  --quick            a trial with small sizes, for whoever changes the bench
  --only F_sio,F_hot only these: ${RATIO_NAMES.join(', ')}
  --counters         exact counts of SQL statements, Redis commands, frames and bytes; under 90 seconds, for CI
  --profile          also writes a CPU profile of every server; its figures are worth nothing then
  --out DIR          where report.json goes (bench/reports/latest)
`;

const isRatioName = (name: string): name is RatioName => RATIO_NAMES.some((known) => known === name);

export function readOptions(args: string[], defaultOut: string): Options {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      counters: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      only: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const only = values.only?.split(',') ?? [...RATIO_NAMES];
  const unknown = only.find((name) => !isRatioName(name));
  if (unknown !== undefined) throw new Error(`--only takes ${RATIO_NAMES.join(', ')}, not "${unknown}"`);
  return {
    counters: values.counters,
    quick: values.quick,
    only: new Set(only.filter(isRatioName)),
    profile: values.profile,
    outDir: values.out ?? defaultOut,
  };
}
