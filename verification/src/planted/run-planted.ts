import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { sleep } from '../driver/outcome.js';
import { dumpDatabase } from '../observe/dump-database.js';
import { noteProcess, watchProcesses } from '../observe/watch-processes.js';
import { walkHistory } from '../observe/walk-history.js';
import { Random } from '../random.js';
import { Recorder } from '../recording/recorder.js';
import type { Summary } from '../report/summary.js';
import { summarize } from '../report/summary.js';
import type { Cluster, StartCluster } from '../run/cluster.js';
import type { Story, Told } from '../stories/story.js';
import { repair, tell } from '../stories/story.js';
import { addDevice, populate, watchedPeople } from '../workload/people.js';
import { Traffic } from '../workload/traffic.js';
import type { PlantedDefect } from './defects.js';
import { PLANTED_DEFECTS } from './defects.js';

const PEOPLE = 14;
const CONVERSATIONS = 6;
const ACTIONS_PER_SECOND = 25;
const HARM_MS = 8_000;
const QUIET_MS = 12_000;
const SABOTAGE_EVERY_MS = 100;

export interface PlantedContext {
  seed: number;
  dataDir: string;
  outDir: string;
  environment: Record<string, string>;
  startCluster: StartCluster;
  say: (line: string) => void;
  /** Only these defects, by name, or all. */
  only: string[] | null;
}

/** Starts a cluster for each planted defect and expects that it is caught and named. Resolves with how many were not. */
export async function runPlanted(context: PlantedContext): Promise<number> {
  let missed = 0;
  const planted = PLANTED_DEFECTS.filter(({ name }) => context.only?.includes(name) ?? true);
  for (const defect of planted) {
    const summary = await runWith(defect, context);
    const failed = summary.verdicts.filter(({ passed }) => !passed);
    const told = summary.stories.filter(({ passed }) => !passed);
    const named = [
      ...failed.map(({ name, violations }) => ({ name, what: violations[0]?.what ?? '' })),
      ...told.map(({ name, details }) => ({ name, what: details[0] ?? '' })),
    ];
    const caught = named.find(
      ({ name, what }) => defect.caughtBy.includes(name) && what.includes(defect.story?.says ?? ''),
    );
    if (caught === undefined) missed += 1;
    const by =
      caught === undefined
        ? `NOT CAUGHT (failed: ${named.map(({ name }) => name).join(', ') || 'nothing'})`
        : `caught by ${caught.name}: ${caught.what}`;
    context.say(
      `${caught === undefined ? 'FAILED' : 'ok    '} ${defect.name}: ${defect.sentence}\n            ${by}`,
    );
  }
  console.log(`\n${String(planted.length - missed)} passed, ${String(missed)} failed`);
  return missed;
}

async function runWith(
  defect: PlantedDefect,
  { seed, dataDir, outDir, environment, startCluster }: PlantedContext,
): Promise<Summary> {
  const folder = join(dataDir, 'planted');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(outDir, { recursive: true });
  const cluster = await startCluster({
    instances: 3,
    dataDir: folder,
    environment: { ...environment, ...defect.environment },
  });
  const recorder = new Recorder(join(outDir, `${defect.name.replaceAll(' ', '-')}.ndjson`));
  try {
    const random = new Random(seed);
    recorder.write({ k: 'run', seed, mode: 'planted', instances: 3, startedAt: new Date().toISOString() });
    for (const process of cluster.instances) await noteProcess(process, 0, recorder);
    await plant(cluster.postgres.url, defect.sql);
    if (defect.story !== undefined) {
      const { told, sabotage } = defect.story;
      recorder.write({ k: 'story', ...(await tellSabotaged(told, sabotage, cluster, random)) });
      recorder.write({ k: 'end' });
      return summarize(recorder.entries);
    }
    const population = await populate({
      url: cluster.url,
      people: PEOPLE,
      conversations: CONVERSATIONS,
      recorder,
      random: random.fork(),
      prefix: 'planted-',
    });
    for (const person of population.people) {
      for (let made = 0; made < 2; made += 1) {
        const options = {
          url: cluster.url,
          recorder,
          random,
          watches: watchedPeople(population.people, random),
          ...defect.devices,
        };
        await (await addDevice(person, options)).device.start();
      }
    }
    const traffic = new Traffic({
      url: cluster.url,
      population,
      recorder,
      random: random.fork(),
      actionsPerSecond: ACTIONS_PER_SECOND,
      instanceUrls: () => cluster.instances.map(({ name, url }) => ({ name, url })),
      churnEveryMs: 1_500,
      cutEveryMs: 0,
      signOutEveryMs: 0,
    });
    const watch = watchProcesses(cluster, recorder);
    traffic.start();
    const harm = defect.provoke?.(cluster);
    await sleep(defect.harmMs ?? HARM_MS);
    await traffic.stop(15_000);
    await harm;
    recorder.write({ k: 'quiet' });
    await sleep(QUIET_MS);
    recorder.write({ k: 'quiet-end' });
    watch.stop();
    for (const { devices } of population.people) for (const { device } of devices) device.recordHeld();
    await dumpDatabase(
      cluster.postgres.url,
      population.conversations.map(({ id }) => id),
      recorder,
    );
    await walkHistory(population.people, population.conversations, recorder);
    for (const { devices } of population.people) for (const { device } of devices) device.stop();
    recorder.write({ k: 'end' });
  } finally {
    await cluster.stop();
    await recorder.close();
  }
  return summarize(recorder.entries);
}

/** Tells a story while the defect is made again and again. That it ends well without, each run of the checker shows. */
async function tellSabotaged(
  story: Story,
  sabotage: (cluster: Cluster) => Promise<void>,
  cluster: Cluster,
  random: Random,
): Promise<Told> {
  const setting = { cluster, edges: [], random, short: true };
  let over = false;
  const sabotaging = (async (): Promise<void> => {
    while (!over) {
      await sabotage(cluster);
      await sleep(SABOTAGE_EVERY_MS);
    }
  })();
  try {
    const told = tell(story, setting);
    // A sabotage that fails is no defect that anybody could catch.
    return await Promise.race([told, sabotaging.then(() => told)]);
  } finally {
    over = true;
    await sabotaging.catch(() => undefined);
    await repair(setting);
  }
}

async function plant(url: string, statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
