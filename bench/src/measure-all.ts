import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterIn } from './ground/with-cluster.js';
import { describeMachine } from './machine/describe-machine.js';
import type { BenchGround } from './main.js';
import type { Lab, Measure } from './measures/lab.js';
import { MEASURES, MEASURE_NAMES } from './measures/table.js';
import type { Options } from './options.js';
import { reportPage } from './report/page.js';
import { printable } from './report/print.js';
import type { MeasureResult, Report } from './report/report.js';
import { verdictOf } from './report/report.js';
import { clock } from './say.js';
import { FULL, QUICK } from './sizes.js';

/** All measures that are asked for, one after the other; resolves with the exit code. */
export async function measureAll(ground: BenchGround, dataDir: string, options: Options): Promise<number> {
  const startedAt = new Date().toISOString();
  const began = performance.now();
  const say = clock();
  const machine = describeMachine();
  const sizes = options.quick ? QUICK : FULL;
  const lab: Lab = {
    sizes,
    freePorts: ground.freePorts,
    ensureTool: ground.ensureTool,
    writerEntry: ground.writerEntry,
    say,
    profilesTo: options.profile ? options.outDir : null,
    withCluster: clusterIn(dataDir, ground.startCluster),
  };
  const asked = MEASURES.filter(({ names }) => names.some((name) => options.only.has(name)));
  say(
    `${[...options.only].join(', ')}: about ${asked.reduce((sum, one) => sum + one.minutes, 0)} minutes in full`,
  );

  const mode = options.quick ? 'quick' : 'full';
  const kept = options.keep ? keptResults(options, mode) : [];
  const results: MeasureResult[] = [];
  const inOrder = (): MeasureResult[] =>
    [...kept, ...results].sort(
      (one, other) => MEASURE_NAMES.indexOf(one.name) - MEASURE_NAMES.indexOf(other.name),
    );
  const report = (): Report => ({
    version: 2,
    startedAt,
    seconds: (performance.now() - began) / 1_000,
    mode,
    machine,
    sizes,
    results: inOrder(),
  });
  for (const measure of asked) {
    results.push(...(await runOrTell(measure, lab, options.only)));
    // After each: what was measured is kept when a later one is cut short.
    writeFileSync(join(options.outDir, 'report.json'), `${JSON.stringify(report(), null, 2)}\n`);
    writeFileSync(join(options.outDir, 'report.html'), reportPage(report()));
  }
  console.log(printable(report()));
  console.log(`\n${join(options.outDir, 'report.html')}`);
  const verdicts = results.map(verdictOf);
  if (verdicts.includes('void')) return 1;
  // The figures of a trial are worth nothing, so it is not judged by them.
  return !options.quick && verdicts.includes('missed') ? 1 : 0;
}

/** Of the last report, what is not measured again; a trial and a full run have nothing to do with each other. */
function keptResults({ outDir, only }: Options, mode: Report['mode']): MeasureResult[] {
  const path = join(outDir, 'report.json');
  if (!existsSync(path)) return [];
  const last = JSON.parse(readFileSync(path, 'utf8')) as Report;
  return last.mode === mode ? last.results.filter(({ name }) => !only.has(name)) : [];
}

/** One that fails is told as unsound, and does not take the others with it. */
async function runOrTell(measure: Measure, lab: Lab, wanted: ReadonlySet<string>): Promise<MeasureResult[]> {
  const began = performance.now();
  try {
    const measuredAt = new Date().toISOString();
    return (await measure.run(lab, wanted)).map((result) => ({ ...result, measuredAt }));
  } catch (error) {
    lab.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return measure.names
      .filter((name) => wanted.has(name))
      .map((name) => ({
        name,
        definition: '',
        figures: [],
        soundRounds: 0,
        voidRounds: 0,
        notes: [],
        ailments: [error instanceof Error ? error.message : String(error)],
        raw: null,
      }));
  } finally {
    lab.say(`${measure.names.join(', ')} took ${Math.round((performance.now() - began) / 1_000)} s`);
  }
}
