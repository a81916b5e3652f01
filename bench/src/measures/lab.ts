import type { Cluster, ClusterOptions, FreePorts } from '../ground/cluster.js';
import type { MeasureResult } from '../report/report.js';
import type { Sizes } from '../sizes.js';

/** A program of the system, and what must be set for it to run. */
export interface Tool {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What every measure is made with. */
export interface Lab {
  readonly sizes: Sizes;
  readonly freePorts: FreePorts;
  /** Throws one sentence that says what to install. */
  readonly ensureTool: (name: 'pgbench') => Tool;
  /** The program that runs the real writer of messages alone: backend/bench/writer-process.mjs. */
  readonly writerEntry: string;
  readonly say: (line: string) => void;
  /** A folder for CPU profiles; then nothing is judged. */
  readonly profilesTo: string | null;
  /** Starts what is asked for with a secret of its own, and ends it with its data whatever happens. */
  readonly withCluster: <Result>(
    options: Omit<ClusterOptions, 'dataDir'>,
    work: (cluster: Cluster, secret: string) => Promise<Result>,
  ) => Promise<Result>;
}

/** Measures that share what they are measured on are one. */
export interface Measure {
  readonly names: readonly string[];
  /** About how long a full run takes, for whoever plans one. */
  readonly minutes: number;
  readonly run: (lab: Lab, wanted: ReadonlySet<string>) => Promise<MeasureResult[]>;
}
