import { join } from 'node:path';
import { baseline } from '../ground/baseline.js';
import type { FreePorts, ManagedProcess } from '../ground/cluster.js';
import { firstOf } from '../ground/cluster.js';
import { parley } from '../ground/parley.js';
import type { Subject } from '../ground/subject.js';
import { seedDatabase } from '../ground/seed-database.js';
import type { MeasureResult } from '../report/report.js';
import { spreadOf } from '../report/spread.js';
import type { FanOutSizes, Sizes } from '../sizes.js';
import type { Target } from '../workload.js';
import { World, everyRoom, oneRoom } from '../workload.js';
import type { Measure } from './lab.js';
import type { Round } from './rounds.js';
import { inRounds, ratios, toldOf, valuesOf } from './rounds.js';
import type { FanOutRun } from './run-fan-out.js';
import { runFanOut } from './run-fan-out.js';
import { runMemory } from './run-memory.js';

const NAMES = ['F_sio', 'F_ws', 'F_hot', 'F_mem'] as const;
type RatioName = (typeof NAMES)[number];

/** Everything that the ratios are measured on. */
interface Ground {
  readonly instance: ManagedProcess;
  readonly secret: string;
  readonly inspectorPort: number;
  readonly redisUrl: string;
  readonly freePorts: FreePorts;
  readonly sizes: Sizes;
  readonly worlds: ReturnType<typeof makeWorlds>;
  readonly say: (line: string) => void;
  readonly profilesTo: string | null;
}

function makeWorlds({ spread, hot, memory }: Sizes): { spread: World; hot: World; memory: World } {
  const users = Math.max(...memory.steps);
  return {
    spread: new World(1, spread),
    hot: new World(2, hot),
    memory: new World(3, { ...memory, users }),
  };
}

/** What a delivery and a connection cost, against bare Socket.IO and bare ws. */
export const RATIOS: Measure = {
  names: NAMES,
  minutes: 11,
  async run(lab, wanted) {
    const { sizes, freePorts, say, profilesTo } = lab;
    const worlds = makeWorlds(sizes);
    const [inspectorPort = 0] = await freePorts(1);
    const options = {
      instances: 1,
      environmentOf: () => Promise.resolve({ NODE_OPTIONS: `--inspect-port=${inspectorPort}` }),
    };
    return lab.withCluster(options, async (cluster, secret) => {
      await seedDatabase(cluster.postgres.url, Object.values(worlds));
      const instance = firstOf(cluster.instances);
      const redisUrl = cluster.redis.url;
      const ground = { instance, secret, inspectorPort, redisUrl, freePorts, sizes, worlds, say, profilesTo };
      const results: MeasureResult[] = [];
      if (wanted.has('F_sio') || wanted.has('F_ws')) results.push(...(await measureSpread(ground, wanted)));
      if (wanted.has('F_hot')) results.push(await measureHot(ground));
      if (wanted.has('F_mem')) results.push(await measureMemory(ground));
      return results;
    });
  },
};

function subjects(ground: Ground, world: World): Subject[] {
  const { instance, secret, inspectorPort, freePorts, redisUrl } = ground;
  return [
    parley(instance, secret, inspectorPort, world),
    baseline('Socket.IO', freePorts, redisUrl, world),
    baseline('ws', freePorts, redisUrl, world),
  ];
}

const named = (all: readonly Subject[], name: string): Subject => {
  const found = all.find((subject) => subject.name === name);
  if (!found) throw new Error(`There is no subject ${name}`);
  return found;
};

async function fanOutRounds(
  ground: Ground,
  {
    name,
    world,
    targets,
    fanOut,
    among,
  }: {
    name: string;
    world: World;
    targets: Target[];
    fanOut: FanOutSizes;
    among: string[];
  },
): Promise<Round<FanOutRun>[]> {
  const { sizes, say, profilesTo } = ground;
  const all = subjects(ground, world);
  return inRounds({
    rounds: sizes.rounds,
    spareRounds: sizes.spareRounds,
    subjects: among,
    run: (subject) => {
      const profileTo = profilesTo === null ? null : join(profilesTo, `${name}-${subject}.cpuprofile`);
      return runFanOut(named(all, subject), { world, targets, fanOut, sizes, profileTo });
    },
    ailmentsOf: ({ ailments }) => ailments,
    onRun: (run) => {
      const { subject, cpuSecondsPerMillion, deliveries, messagesPerFrame, latency, health } = run;
      say(
        `${name.padEnd(6)} ${subject.padEnd(10)} ${cpuSecondsPerMillion.toFixed(2)} CPU-s per 1M of ${deliveries}, ${messagesPerFrame.toFixed(2)} a frame, p99 ${latency.p99Ms.toFixed(0)} ms, others ${(health.foreign * 100).toFixed(0)} %${run.ailments.map((one) => `\n           ! ${one}`).join('')}`,
      );
    },
  });
}

interface Outcome<Run> {
  readonly name: string;
  readonly definition: string;
  readonly unit: string;
  readonly goal: number;
  readonly pair: readonly [string, string];
  readonly value: (run: Run) => number;
  readonly notes?: (sound: readonly Round<Run>[]) => string[];
}

function result<Run>(rounds: readonly Round<Run>[], outcome: Outcome<Run>): MeasureResult {
  const { name, definition, unit, goal, pair, value } = outcome;
  const sound = rounds.filter(({ ailments }) => ailments.length === 0);
  return {
    name,
    definition,
    figures: [
      {
        name: pair.join(' / '),
        unit: '×',
        value: spreadOf(ratios(rounds, pair, value)),
        goal: { atMost: goal },
      },
    ],
    compared: {
      unit,
      values: Object.fromEntries(
        pair.map((subject) => [subject, spreadOf(valuesOf(rounds, subject, value))]),
      ),
    },
    notes: outcome.notes?.(sound) ?? [],
    ...toldOf(rounds),
  };
}

const CPU_UNIT = 'CPU-seconds of the server per 1M deliveries';
const cpu = (run: FanOutRun): number => run.cpuSecondsPerMillion;

function frameNotes(pair: readonly [string, string]): (sound: readonly Round<FanOutRun>[]) => string[] {
  return (sound) => {
    const of = (subject: string, value: (run: FanOutRun) => number): string =>
      spreadOf(sound.flatMap(({ runs }) => runs.get(subject) ?? []).map(value))?.median.toFixed(2) ?? '?';
    return [
      `messages a frame: ${pair.map((subject) => `${subject} ${of(subject, (run) => run.messagesPerFrame)}`).join(' · ')}`,
      `bytes a message: ${pair.map((subject) => `${subject} ${of(subject, (run) => run.bytesPerMessage)}`).join(' · ')}`,
    ];
  };
}

async function measureSpread(ground: Ground, names: ReadonlySet<string>): Promise<MeasureResult[]> {
  const world = ground.worlds.spread;
  const among = [
    'Parley',
    ...(names.has('F_sio') ? ['Socket.IO'] : []),
    ...(names.has('F_ws') ? ['ws'] : []),
  ];
  const fanOut = ground.sizes.spread;
  const rounds = await fanOutRounds(ground, {
    name: 'spread',
    world,
    targets: everyRoom(world.layout),
    fanOut,
    among,
  });
  const outcomes: (Outcome<FanOutRun> & { name: RatioName })[] = [
    {
      name: 'F_sio',
      definition: `A durable send to rooms of ${fanOut.membersPerRoom}, against a room broadcast of bare Socket.IO with the Redis adapter: one message a frame, the same bytes, ${fanOut.roomsPerUser} rooms a user`,
      unit: CPU_UNIT,
      goal: 1.15,
      pair: ['Parley', 'Socket.IO'],
      value: cpu,
      notes: frameNotes(['Parley', 'Socket.IO']),
    },
    {
      name: 'F_ws',
      definition: 'As F_sio, against bare ws with one frame prepared for the room',
      unit: CPU_UNIT,
      goal: 1.8,
      pair: ['Parley', 'ws'],
      value: cpu,
      notes: frameNotes(['Parley', 'ws']),
    },
  ];
  return outcomes.filter(({ name }) => names.has(name)).map((outcome) => result(rounds, outcome));
}

async function measureHot(ground: Ground): Promise<MeasureResult> {
  const world = ground.worlds.hot;
  const fanOut = ground.sizes.hot;
  const pair = ['Parley', 'Socket.IO'] as const;
  const rounds = await fanOutRounds(ground, {
    name: 'hot',
    world,
    targets: oneRoom(world.layout),
    fanOut,
    among: [...pair],
  });
  return result(rounds, {
    name: 'F_hot',
    definition: `${fanOut.messagesPerSecond} durable sends a second into one room of ${fanOut.membersPerRoom}, against the same broadcasts of bare Socket.IO`,
    unit: CPU_UNIT,
    goal: 0.5,
    pair,
    value: cpu,
    notes: frameNotes(pair),
  });
}

async function measureMemory(ground: Ground): Promise<MeasureResult> {
  const world = ground.worlds.memory;
  const { sizes, say } = ground;
  const all = subjects(ground, world);
  const pair = ['Parley', 'Socket.IO'] as const;
  const rounds = await inRounds({
    rounds: sizes.rounds,
    spareRounds: 0,
    subjects: [...pair],
    run: (subject) => runMemory(named(all, subject), world, sizes),
    ailmentsOf: () => [],
    onRun: ({ subject, bytesPerUser }) => {
      say(`memory ${subject.padEnd(10)} ${(bytesPerUser / 1_024).toFixed(1)} KiB a user`);
    },
  });
  return result(rounds, {
    name: 'F_mem',
    definition: `Resident memory of the server an idle connected user, after a garbage collection, ${sizes.memory.roomsPerUser} rooms a user; the slope over ${sizes.memory.steps.join(', ')} users`,
    unit: 'KiB a user',
    goal: 1.3,
    pair,
    value: (run) => run.bytesPerUser / 1_024,
  });
}
