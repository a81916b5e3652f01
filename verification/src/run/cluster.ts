/** What the checker may do to a running cluster; scripts/cluster.mjs is the one that can. */
export interface ManagedProcess {
  readonly name: string;
  /** `null` while it does not run. */
  readonly pid: number | null;
  readonly port: number;
  readonly url: string;
  readonly logFile: string;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP of the process and its children. */
  pause(): void;
  resume(): void;
  /** SIGTERM; resolves with how it ended. */
  terminate(): Promise<ExitOf>;
  /** Starts it again on its port; resolves with the time until it was ready. */
  start(): Promise<number>;
}

export interface ExitOf {
  code: number | null;
  signal: string | null;
  ms: number;
}

export interface Database {
  readonly name: 'postgres';
  readonly pid: number | null;
  /** Of the cluster's database, as a superuser. */
  readonly url: string;
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
  /** `immediate` is a crash as PostgreSQL sees it. */
  restart(mode: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<number>;
}

export interface Proxy {
  readonly name: 'nginx';
  readonly pid: number | null;
  readonly url: string;
  reload(): void;
  workerPids(): number[];
}

export interface Cluster {
  /** Of the proxy: what people use. */
  readonly url: string;
  readonly instances: ManagedProcess[];
  readonly worker: ManagedProcess;
  readonly redis: ManagedProcess;
  readonly postgres: Database;
  readonly nginx: Proxy;
  onExit(
    listener: (exit: {
      process: string;
      pid: number;
      code: number | null;
      signal: string | null;
      planned: boolean;
    }) => void,
  ): void;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  instances: number;
  dataDir: string;
  port?: number;
  environment?: Record<string, string>;
  /** Variables of one instance over the common ones, for example a DATABASE_URL through a tunnel. */
  environmentOf?: (
    instance: number,
    urls: { databaseUrl: string; redisUrl: string },
  ) => Promise<Record<string, string>>;
  /** The port at which nginx finds an instance, for example that of a tunnel. */
  upstreamOf?: (instance: number, port: number) => Promise<number>;
}

export type StartCluster = (options: ClusterOptions) => Promise<Cluster>;
