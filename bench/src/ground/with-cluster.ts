import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { Cluster, ClusterOptions, StartCluster } from './cluster.js';

/** Limits are made for people; here a few send what thousands would. */
const ENVIRONMENT = { RATE_LIMIT_SCALE: '100000' };
/** What services leave behind; the logs beside them stay. */
const DATA = ['postgres', 'redis', 's3'];

/** A cluster on an empty folder, and whatever happens, what was started is stopped and its data is gone. */
export function clusterIn(
  dataDir: string,
  startCluster: StartCluster,
): <Result>(
  options: Omit<ClusterOptions, 'dataDir'>,
  work: (cluster: Cluster, secret: string) => Promise<Result>,
) => Promise<Result> {
  const dropData = (): void => {
    for (const name of DATA) rmSync(join(dataDir, name), { recursive: true, force: true });
  };
  return async (options, work) => {
    const secret = randomBytes(48).toString('base64url');
    mkdirSync(dataDir, { recursive: true });
    dropData();
    try {
      const cluster = await startCluster({
        ...options,
        dataDir,
        environment: { ...ENVIRONMENT, ...options.environment, ACCESS_TOKEN_SECRET: secret },
      });
      return await untilInterrupted(cluster, () => work(cluster, secret));
    } finally {
      dropData();
    }
  };
}

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
