import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from './options.js';
import { USAGE, readOptions } from './options.js';
import { Recorder } from './recording/recorder.js';
import { printable } from './report/print.js';
import type { Summary } from './report/summary.js';
import { summarize } from './report/summary.js';
import { writeReport } from './report/write-report.js';
import type { Cluster, StartCluster } from './run/cluster.js';
import { EdgeSet } from './run/edges.js';
import { ENVIRONMENT } from './run/environment.js';
import { runOnCluster } from './run/run-on-cluster.js';
import { runOnTarget } from './run/run-on-target.js';
import { runPlanted } from './planted/run-planted.js';

export interface Ground {
  args: string[];
  /** Folder of the reports where none is named. */
  reports: string;
  /** Folder for the data of the clusters that are started. */
  dataDir: string;
  startCluster: StartCluster;
}

const INTERRUPTED_WITHIN_MS = 10_000;

/** Runs what the arguments ask for; resolves with the exit code. */
export async function verify(ground: Ground): Promise<number> {
  if (ground.args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  const options = readOptions(ground.args, ground.reports);
  rmSync(options.outDir, { recursive: true, force: true });
  mkdirSync(options.outDir, { recursive: true });
  const recorder = new Recorder(join(options.outDir, 'recording.ndjson'));
  const say = (line: string): void => {
    console.log(`${(recorder.now() / 1_000).toFixed(1).padStart(7)} s  ${line}`);
  };
  say(`seed ${String(options.seed)}, ${options.mode}`);
  // A folder of its own: two runs in one checkout do not take each other's databases away.
  mkdirSync(ground.dataDir, { recursive: true });
  const dataDir = mkdtempSync(join(ground.dataDir, 'verify-'));
  const code = await run({ ...ground, dataDir }, options, recorder, say);
  if (code === 0) rmSync(dataDir, { recursive: true, force: true });
  else console.log(`What the processes said stands in ${dataDir}`);
  return code;
}

async function run(
  ground: Ground,
  options: Options,
  recorder: Recorder,
  say: (line: string) => void,
): Promise<number> {
  if (options.mode === 'planted') {
    const { dataDir, startCluster } = ground;
    const { seed, outDir } = options;
    const missed = await runPlanted({
      seed,
      outDir,
      dataDir,
      startCluster,
      environment: ENVIRONMENT,
      say,
      only: options.stories,
    });
    await recorder.close();
    return missed === 0 ? 0 : 1;
  }
  if (options.target === null) await withCluster(ground, options, recorder, say);
  else await againstTarget(options, options.target, recorder, say);
  await recorder.close();
  const summary = summarize(recorder.entries);
  return finish(summary, options);
}

async function withCluster(
  ground: Ground,
  options: Options,
  recorder: Recorder,
  say: (line: string) => void,
): Promise<void> {
  say('starting the cluster');
  const edges = new EdgeSet();
  try {
    const cluster = await ground.startCluster({
      instances: options.instances,
      dataDir: ground.dataDir,
      environment: ENVIRONMENT,
      ...edges.options,
    });
    await breakCluster(cluster, edges, options, recorder, say);
  } finally {
    await edges.close();
  }
}

async function breakCluster(
  cluster: Cluster,
  edges: EdgeSet,
  options: Options,
  recorder: Recorder,
  say: (line: string) => void,
): Promise<void> {
  let interrupted = false;
  const stop = (): void => {
    if (interrupted) return;
    interrupted = true;
    say('stopping');
    // What is under way may wait for something that never comes.
    setTimeout(() => {
      void cluster.stop().finally(() => process.exit(130));
    }, INTERRUPTED_WITHIN_MS).unref();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    await runOnCluster({ options, recorder, cluster, edges, say, stopped: () => interrupted });
  } finally {
    for (const { postgres, redis, clients } of edges.edges)
      for (const tunnel of [postgres, redis, clients]) tunnel.heal();
    await cluster.stop();
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

async function againstTarget(
  options: Options,
  target: string,
  recorder: Recorder,
  say: (line: string) => void,
): Promise<void> {
  let interrupted = false;
  const stop = (): void => {
    interrupted = true;
    say('stopping, and cleaning up');
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  await runOnTarget(options, target, recorder, say, () => interrupted);
}

function finish(summary: Summary, options: Options): number {
  writeReport(summary, options.outDir);
  console.log(printable(summary));
  console.log(join(options.outDir, 'report.html'));
  return summary.passed ? 0 : 1;
}
