import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { countExactly } from './count-exactly.js';
import type { FreePorts, StartCluster } from './ground/cluster.js';
import { measureAll } from './measure-all.js';
import type { Lab } from './measures/lab.js';
import { USAGE, readOptions } from './options.js';
import type { PublishedIn } from './report/publish.js';
import { publish } from './report/publish.js';

export interface BenchGround {
  args: string[];
  /** Folder of the report where none is named. */
  reports: string;
  /** Folder for the data of what is started. */
  dataDir: string;
  publishedIn: PublishedIn;
  writerEntry: string;
  startCluster: StartCluster;
  freePorts: FreePorts;
  ensureTool: Lab['ensureTool'];
}

/** Runs what the arguments ask for; resolves with the exit code. */
export async function bench(ground: BenchGround): Promise<number> {
  if (ground.args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  const options = readOptions(ground.args, ground.reports);
  if (options.publish) return publish(options.outDir, ground.publishedIn);
  if (!options.keep) rmSync(options.outDir, { recursive: true, force: true });
  mkdirSync(options.outDir, { recursive: true });
  const dataDir = join(ground.dataDir, 'bench');
  return options.counters ? countExactly(ground, dataDir, options) : measureAll(ground, dataDir, options);
}
