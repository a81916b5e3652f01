import { parseArgs } from 'node:util';
import { MEASURE_NAMES } from './measures/table.js';

export interface Options {
  counters: boolean;
  quick: boolean;
  keep: boolean;
  publish: boolean;
  only: ReadonlySet<string>;
  profile: boolean;
  outDir: string;
}

export const USAGE = `npm run bench -- [options]

  (none)             all measures, as published: half an hour on a machine that does nothing else
  --quick            a trial with small sizes, for whoever changes the bench
  --only F_sio,Storm only these: ${MEASURE_NAMES.join(', ')}
  --keep             what is not measured now stays in the report, with the time at which it was measured
  --counters         exact counts of SQL statements, Redis commands, frames and bytes; under 90 seconds, for CI
  --publish          writes the figures of the last full run into docs/benchmarks.md; measures nothing
  --profile          also writes a CPU profile of every server of F_sio, F_ws and F_hot; their figures are worth nothing then
  --out DIR          where report.json and report.html go (bench/reports/latest)

It ends with 1 where a goal of a full run is missed, or where a measure is unsound.
`;

export function readOptions(args: string[], defaultOut: string): Options {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      counters: { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      only: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const only = values.only?.split(',') ?? MEASURE_NAMES;
  const unknown = only.find((name) => !MEASURE_NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`--only takes ${MEASURE_NAMES.join(', ')}, not "${unknown}"`);
  return {
    counters: values.counters,
    quick: values.quick,
    keep: values.keep,
    publish: values.publish,
    only: new Set(only),
    profile: values.profile,
    outDir: values.out ?? defaultOut,
  };
}
