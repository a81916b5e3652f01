import { sleep } from '../driver/outcome.js';
import { commit } from '../faults/fault.js';
import { round } from '../faults/plan.js';
import { dumpDatabase } from '../observe/dump-database.js';
import { walkHistory } from '../observe/walk-history.js';
import { noteProcess, readLogs, watchProcesses } from '../observe/watch-processes.js';
import type { Options } from '../options.js';
import { Random } from '../random.js';
import type { Recorder } from '../recording/recorder.js';
import { STORIES } from '../stories/all-stories.js';
import { repair, tell } from '../stories/story.js';
import { addDevice, addLibraryDevice, inParallel, populate, watchedPeople } from '../workload/people.js';
import type { Population, Room } from '../workload/people.js';
import { Traffic } from '../workload/traffic.js';
import type { Cluster } from './cluster.js';
import type { EdgeSet } from './edges.js';
import { scaleOf } from './scale.js';

/** Of the people, one in so many also has a device with the product's own client. */
const LIBRARY_EVERY = 8;

export interface RunContext {
  options: Options;
  recorder: Recorder;
  cluster: Cluster;
  edges: EdgeSet;
  say: (line: string) => void;
  /** Set when somebody pressed Ctrl-C. */
  stopped: () => boolean;
}

/** The whole run on a cluster of our own: people, traffic, faults, quiet, and the truth at the end. */
export async function runOnCluster(context: RunContext): Promise<void> {
  const { options, recorder, cluster, say } = context;
  const scale = scaleOf(options);
  const random = new Random(options.seed);
  recorder.write({
    k: 'run',
    seed: options.seed,
    mode: options.mode,
    instances: cluster.instances.length,
    startedAt: new Date().toISOString(),
  });
  for (const process of cluster.instances) await noteProcess(process, 0, recorder);
  cluster.onExit((exit) => {
    recorder.write({ k: 'exit', ...exit });
    if (!exit.planned) void bringBack(context, exit.process);
  });

  const population = await populate({
    url: cluster.url,
    people: scale.people,
    conversations: scale.conversations,
    recorder,
    random: random.fork(),
    prefix: 'checker-',
  });
  await giveDevices(population, cluster.url, scale.devicesEach, random.fork(), recorder);
  say(
    `${String(scale.people)} people in ${String(scale.conversations)} conversations on ${String(deviceCount(population))} devices`,
  );

  const watch = watchProcesses(cluster, recorder);
  const traffic = new Traffic({
    url: cluster.url,
    population,
    recorder,
    random: random.fork(),
    actionsPerSecond: scale.actionsPerSecond,
    instanceUrls: () =>
      cluster.instances.filter(({ pid }) => pid !== null).map(({ name, url }) => ({ name, url })),
    churnEveryMs: scale.churnEveryMs,
    cutEveryMs: scale.cutEveryMs,
    signOutEveryMs: scale.signOutEveryMs,
  });
  traffic.start();
  await sleep(scale.warmUpMs);
  const hot = population.conversations[0];
  if (!options.skipFaults && hot !== undefined)
    await injectFaults(context, hot, scale.rounds, random.fork(), () => {
      traffic.sendSomething();
    });

  const drained = await traffic.stop(30_000);
  if (!drained) say('some queues were not empty after 30 s');
  recorder.write({ k: 'quiet' });
  await sleep(scale.quietMs);
  recorder.write({ k: 'quiet-end' });
  for (const { devices, libraries } of population.people) {
    for (const { device } of devices) if (!device.stopped) device.recordHeld();
    for (const library of libraries) library.recordHeld();
  }
  await dumpDatabase(
    cluster.postgres.url,
    population.conversations.map(({ id }) => id),
    recorder,
  );
  await walkHistory(population.people, population.conversations, recorder);
  watch.stop();
  stopDevices(population);

  await tellStories(context, random.fork());
  readLogs([...cluster.instances, cluster.worker], recorder);
  recorder.write({ k: 'end' });
}

/** What ends by itself is started again, as an orchestrator does; that it ended is judged all the same. */
async function bringBack({ cluster, recorder, say, stopped }: RunContext, name: string): Promise<void> {
  say(`${name} ended by itself`);
  await sleep(500);
  const process = [...cluster.instances, cluster.worker].find((candidate) => candidate.name === name);
  if (process?.pid !== null || stopped()) return;
  try {
    await noteProcess(process, await process.start(), recorder);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}

export function stopDevices({ people }: Population): void {
  for (const { devices, libraries } of people) {
    for (const { device } of devices) device.stop();
    for (const library of libraries) library.stop();
  }
}

export function deviceCount({ people }: Population): number {
  return people.reduce((sum, { devices, libraries }) => sum + devices.length + libraries.length, 0);
}

export async function giveDevices(
  population: Population,
  url: string,
  [least, most]: [number, number],
  random: Random,
  recorder: Recorder,
): Promise<void> {
  const counts = new Map(population.people.map((person) => [person, random.between(least, most)]));
  await inParallel(population.people, 6, async (person) => {
    // One after the other, since the first device takes the session that registered.
    for (let made = 0; made < (counts.get(person) ?? least); made += 1) {
      const watches = watchedPeople(population.people, random);
      const { device } = await addDevice(person, { url, recorder, random, watches });
      if (!(await device.start())) throw new Error(`${device.name} could not connect`);
    }
  });
  const some = population.people.filter((_, index) => index % LIBRARY_EVERY === LIBRARY_EVERY - 1);
  await inParallel(some, 3, (person) => addLibraryDevice(person, url, recorder));
}

async function injectFaults(
  { recorder, cluster, edges, say, stopped }: RunContext,
  hot: Room,
  rounds: { stretch: number; gapMs: number }[],
  random: Random,
  send: () => void,
): Promise<void> {
  const noted = (process: Cluster['worker'], readyMs: number): Promise<void> =>
    noteProcess(process, readyMs, recorder);
  for (const { stretch, gapMs } of rounds) {
    for (const faults of round({ cluster, edges: edges.edges, random, noted, hot, recorder, stretch })) {
      for (const fault of faults) {
        if (stopped()) return;
        say(`${fault.name} (${fault.target})`);
        await commit(fault, recorder, send);
      }
      await sleep(gapMs);
    }
  }
}

async function tellStories(context: RunContext, random: Random): Promise<void> {
  const { options, recorder, cluster, edges, say, stopped } = context;
  const setting = { cluster, edges: edges.edges, random, short: options.mode === 'short' };
  for (const group of STORIES) {
    if (stopped()) return;
    const wanted = group.filter(({ name }) => options.stories === null || options.stories.includes(name));
    const told = await Promise.all(wanted.map((story) => tell(story, { ...setting, random: random.fork() })));
    await repair(setting);
    for (const story of told) {
      recorder.write({ k: 'story', ...story });
      const details = story.details.map((detail) => `\n        ${detail}`).join('');
      say(
        `${story.passed ? 'ok    ' : 'FAILED'} ${story.name}: ${story.sentence} (${(story.ms / 1_000).toFixed(1)} s)${details}`,
      );
    }
  }
}
