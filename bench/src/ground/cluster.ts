/** What the bench does with processes that run; scripts/cluster.mjs starts them. */
export interface ManagedProcess {
  readonly name: string;
  /** `null` while it does not run. */
  readonly pid: number | null;
  readonly url: string;
  readonly logFile: string;
  terminate(): Promise<unknown>;
  /** At once, without a word. */
  kill(): Promise<void>;
  /** Starts it again on its port; resolves with the time until it was ready. */
  start(): Promise<number>;
}

export interface Cluster {
  /** Of the proxy. */
  readonly url: string;
  readonly instances: ManagedProcess[];
  readonly worker: ManagedProcess;
  readonly redis: ManagedProcess;
  /** Of the cluster's database, as a superuser. */
  readonly postgres: ManagedProcess;
  readonly nginx: ManagedProcess;
  stop(): Promise<void>;
}

export function firstOf(instances: readonly ManagedProcess[]): ManagedProcess {
  const [instance] = instances;
  if (!instance) throw new Error('There is no instance');
  return instance;
}

export interface ServiceUrls {
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

export interface ClusterOptions {
  instances: number;
  dataDir: string;
  environment?: Record<string, string>;
  /** Variables of one instance over the common ones, for example a DATABASE_URL through a tunnel. */
  environmentOf?: (instance: number, urls: ServiceUrls) => Promise<Record<string, string>>;
}

export type StartCluster = (options: ClusterOptions) => Promise<Cluster>;
export type FreePorts = (count: number) => Promise<number[]>;
