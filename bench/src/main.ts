import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CountedInstance } from './counters/counted-instance.js';
import { printableFindings } from './counters/print-findings.js';
import { COUNTERS_WORLD, CountersRun } from './counters/run-counters.js';
import type { Cluster, FreePorts, StartCluster } from './ground/cluster.js';
import { seedDatabase } from './ground/seed-database.js';
import { describeMachine } from './machine/describe-machine.js';
import { makeWorlds, measureHot, measureMemory, measureSpread } from './measures/ratios.js';
import type { Options } from './options.js';
import { USAGE, readOptions } from './options.js';
import { printable } from './report/print.js';
import type { RatioResult, Report } from './report/report.js';
import { FULL, QUICK } from './sizes.js';

export interface BenchGround {
  args: string[];
  /** Folder of the report where none is named. */
  reports: string;
  /** Folder for the data of what is started. */
  dataDir: string;
  startCluster: StartCluster;
  freePorts: FreePorts;
}

/** Limits are made for people; here a few send what thousands would. */
const ENVIRONMENT = { RATE_LIMIT_SCALE: '100000' };

/** Runs what the arguments ask for; resolves with the exit code. */
export async function bench(ground: BenchGround): Promise<number> {
  if (ground.args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  const options = readOptions(ground.args, ground.reports);
  emptyFolder(options.outDir);
  return options.counters ? countExactly(ground, options) : measureRatios(ground, options);
}

/** The folder for what is started, empty. */
function emptyFolder(path: string): string {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return path;
}

async function countExactly(ground: BenchGround, options: Options): Promise<number> {
  const say = clock();
  say('starting two instances');
  const secret = CountersRun.newSecret();
  const taps = ['api-1', 'api-2'].map((name) => new CountedInstance(name));
  const cluster = await ground.startCluster({
    instances: taps.length,
    dataDir: emptyFolder(join(ground.dataDir, 'bench')),
    environment: { ...ENVIRONMENT, ACCESS_TOKEN_SECRET: secret },
    environmentOf: async (instance, urls) => (await taps[instance]?.environment(urls)) ?? {},
  });
  const findings = await untilInterrupted(cluster, async () => {
    await seedDatabase(cluster.postgres.url, [COUNTERS_WORLD]);
    return new CountersRun(cluster, taps, secret, say).all();
  });
  for (const tap of taps) tap.close();
  writeFileSync(join(options.outDir, 'counters.json'), `${JSON.stringify(findings, null, 2)}\n`);
  console.log(printableFindings(findings));
  return findings.every(({ passed }) => passed) ? 0 : 1;
}

/** Prints lines with the time since it was made. */
function clock(): (line: string) => void {
  const began = performance.now();
  return (line) => {
    console.log(`${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s  ${line}`);
  };
}

async function measureRatios(ground: BenchGround, options: Options): Promise<number> {
  const startedAt = new Date().toISOString();
  const began = performance.now();
  const say = clock();
  const machine = describeMachine();
  const sizes = options.quick ? QUICK : FULL;
  const secret = randomBytes(48).toString('base64url');
  const [inspectorPort = 0] = await ground.freePorts(1);
  const worlds = makeWorlds(sizes);
  say('starting the services');
  const cluster = await ground.startCluster({
    instances: 1,
    dataDir: emptyFolder(join(ground.dataDir, 'bench')),
    environment: { ...ENVIRONMENT, ACCESS_TOKEN_SECRET: secret },
    environmentOf: () => Promise.resolve({ NODE_OPTIONS: `--inspect-port=${inspectorPort}` }),
  });
  const ratios = await untilInterrupted(cluster, async () => {
    await seedDatabase(cluster.postgres.url, Object.values(worlds));
    const [instance] = cluster.instances;
    if (!instance) throw new Error('There is no instance');
    const place = {
      instance,
      secret,
      inspectorPort,
      redisUrl: cluster.redis.url,
      freePorts: ground.freePorts,
      sizes,
      worlds,
      say,
      profilesTo: options.profile ? options.outDir : null,
    };
    const results: RatioResult[] = [];
    if (options.only.has('F_sio') || options.only.has('F_ws'))
      results.push(...(await measureSpread(place, options.only)));
    if (options.only.has('F_hot')) results.push(await measureHot(place));
    if (options.only.has('F_mem')) results.push(await measureMemory(place));
    return results;
  });
  const report: Report = {
    version: 1,
    startedAt,
    seconds: (performance.now() - began) / 1_000,
    mode: options.quick ? 'quick' : 'full',
    machine,
    sizes,
    ratios,
  };
  const path = join(options.outDir, 'report.json');
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  console.log(printable(report));
  console.log(`\n${path}`);
  return ratios.some(({ ratio }) => ratio === null) ? 1 : 0;
}

/** Whatever happens, what was started is stopped. */
async function untilInterrupted<Result>(cluster: Cluster, work: () => Promise<Result>): Promise<Result> {
  const interrupt = (): void => {
    void cluster.stop().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    return await work();
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await cluster.stop();
  }
}
