import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CountedInstance } from './counters/counted-instance.js';
import { printableFindings } from './counters/print-findings.js';
import { COUNTERS_WORLD, CountersRun } from './counters/run-counters.js';
import { seedDatabase } from './ground/seed-database.js';
import { clusterIn } from './ground/with-cluster.js';
import type { BenchGround } from './main.js';
import type { Options } from './options.js';
import { clock } from './say.js';

/** What each thing that people do costs, counted: resolves with 0 where all is as expected.ts says. */
export async function countExactly(ground: BenchGround, dataDir: string, options: Options): Promise<number> {
  const say = clock();
  say('starting two instances');
  const taps = ['api-1', 'api-2'].map((name) => new CountedInstance(name));
  const findings = await clusterIn(dataDir, ground.startCluster)(
    {
      instances: taps.length,
      environmentOf: async (instance, urls) => (await taps[instance]?.environment(urls)) ?? {},
    },
    async (cluster, secret) => {
      await seedDatabase(cluster.postgres.url, [COUNTERS_WORLD]);
      return new CountersRun(cluster, taps, secret, say).all();
    },
  );
  for (const tap of taps) tap.close();
  writeFileSync(join(options.outDir, 'counters.json'), `${JSON.stringify(findings, null, 2)}\n`);
  console.log(printableFindings(findings));
  return findings.every(({ passed }) => passed) ? 0 : 1;
}
