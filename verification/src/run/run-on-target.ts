import { sleep } from '../driver/outcome.js';
import { readLogs } from '../observe/read-logs.js';
import { walkHistory } from '../observe/walk-history.js';
import type { Options } from '../options.js';
import { Random } from '../random.js';
import type { Recorder } from '../recording/recorder.js';
import { populate } from '../workload/people.js';
import { Traffic } from '../workload/traffic.js';
import { cleanUp } from './clean-up.js';
import { giveDevices, stopDevices } from './run-on-cluster.js';

/** Small enough for the limits that an install sets for people: a hundred messages a minute, and few from one address. */
const PEOPLE = 10;
const CONVERSATIONS = 6;
const ACTIONS_PER_SECOND = 8;
const TRAFFIC_MS = 60_000;
const CUT_EVERY_MS = 1_500;
const QUIET_MS = 10_500;

/**
 * What is possible against somebody's own install: people and traffic through its address, connections that are cut
 * on our side, and everything that needs no look into its database. What it made is taken away afterwards as far as
 * the contract allows.
 */
export async function runOnTarget(
  options: Options,
  target: string,
  recorder: Recorder,
  say: (line: string) => void,
  stopped: () => boolean,
): Promise<void> {
  const random = new Random(options.seed);
  recorder.write({
    k: 'run',
    seed: options.seed,
    mode: 'target',
    instances: 0,
    startedAt: new Date().toISOString(),
  });
  const prefix = `checker-${Date.now().toString(36)}-`;
  const population = await populate({
    url: target,
    people: PEOPLE,
    conversations: CONVERSATIONS,
    recorder,
    random: random.fork(),
    prefix,
  });
  try {
    await giveDevices(population, target, [2, 2], random.fork(), recorder);
    say(
      `${String(PEOPLE)} people named ${prefix}… in ${String(CONVERSATIONS)} conversations; their connections are cut every ${String(CUT_EVERY_MS / 1_000)} s`,
    );
    const traffic = new Traffic({
      url: target,
      population,
      recorder,
      random: random.fork(),
      actionsPerSecond: ACTIONS_PER_SECOND,
      instanceUrls: () => [],
      churnEveryMs: 6_000,
      cutEveryMs: CUT_EVERY_MS,
      // An install lets one address sign in a few times a minute only.
      signOutEveryMs: 0,
    });
    traffic.start();
    const end = Date.now() + TRAFFIC_MS;
    while (Date.now() < end && !stopped()) await sleep(200);
    await traffic.stop(30_000);
    recorder.write({ k: 'quiet' });
    await sleep(QUIET_MS);
    recorder.write({ k: 'quiet-end' });
    for (const { devices, libraries } of population.people) {
      for (const { device } of devices) if (!device.stopped) device.recordHeld();
      for (const library of libraries) library.recordHeld();
    }
    await walkHistory(population.people, population.conversations, recorder);
    await readLogs(population.people, population.conversations, recorder);
  } finally {
    stopDevices(population);
    for (const line of await cleanUp(population)) say(line);
  }
  recorder.write({ k: 'end' });
}
