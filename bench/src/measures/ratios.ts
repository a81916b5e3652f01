import { join } from 'node:path';
import { baseline } from '../ground/baseline.js';
import type { FreePorts, ManagedProcess } from '../ground/cluster.js';
import { parley } from '../ground/parley.js';
import type { Subject } from '../ground/subject.js';
import type { RatioResult } from '../report/report.js';
import type { FanOutSizes, Sizes } from '../sizes.js';
import type { Target } from '../workload.js';
import { World, everyRoom, oneRoom } from '../workload.js';
import type { Round } from './rounds.js';
import { inRounds, ratios, spreadOf } from './rounds.js';
import type { FanOutRun } from './run-fan-out.js';
import { runFanOut } from './run-fan-out.js';
import { runMemory } from './run-memory.js';

export const RATIO_NAMES = ['F_sio', 'F_ws', 'F_hot', 'F_mem'] as const;
export type RatioName = (typeof RATIO_NAMES)[number];

/** Everything that the ratios are measured on. */
export interface Ground {
  readonly instance: ManagedProcess;
  readonly secret: string;
  readonly inspectorPort: number;
  readonly redisUrl: string;
  readonly freePorts: FreePorts;
  readonly sizes: Sizes;
  readonly worlds: Worlds;
  readonly say: (line: string) => void;
  /** A folder for CPU profiles; then nothing is judged. */
  readonly profilesTo: string | null;
}

export interface Worlds {
  readonly spread: World;
  readonly hot: World;
  readonly memory: World;
}

export function makeWorlds({ spread, hot, memory }: Sizes): Worlds {
  const users = Math.max(...memory.steps);
  return {
    spread: new World(1, spread),
    hot: new World(2, hot),
    memory: new World(3, { ...memory, users }),
  };
}

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
    attempts: sizes.attempts,
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

function result<Run>(rounds: readonly Round<Run>[], outcome: Outcome<Run>): RatioResult {
  const { name, definition, unit, goal, pair, value } = outcome;
  const sound = rounds.filter(({ ailments }) => ailments.length === 0);
  const valuesOf = (subject: string): number[] =>
    sound.flatMap(({ runs }) => {
      const run = runs.get(subject);
      return run === undefined ? [] : [value(run)];
    });
  return {
    name,
    definition,
    unit,
    goal,
    ratio: spreadOf(ratios(rounds, pair, value)),
    values: Object.fromEntries(pair.map((subject) => [subject, spreadOf(valuesOf(subject))])),
    soundRounds: sound.length,
    voidRounds: rounds.length - sound.length,
    notes: outcome.notes?.(sound) ?? [],
    rounds: rounds.map(({ ailments, runs }) => ({ ailments, runs: Object.fromEntries(runs) })),
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

export async function measureSpread(ground: Ground, names: ReadonlySet<RatioName>): Promise<RatioResult[]> {
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

export async function measureHot(ground: Ground): Promise<RatioResult> {
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

export async function measureMemory(ground: Ground): Promise<RatioResult> {
  const world = ground.worlds.memory;
  const { sizes, say } = ground;
  const all = subjects(ground, world);
  const pair = ['Parley', 'Socket.IO'] as const;
  const rounds = await inRounds({
    rounds: sizes.rounds,
    attempts: 1,
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
