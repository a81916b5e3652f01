import { redisHeard } from '../counters/redis-messages.js';
import { Tap } from '../counters/tap.js';
import { accessToken } from '../ground/access-token.js';
import { baseline } from '../ground/baseline.js';
import type { Cluster, ManagedProcess } from '../ground/cluster.js';
import { seedDatabase } from '../ground/seed-database.js';
import type { RunningSubject } from '../ground/subject.js';
import type { MeasureResult } from '../report/report.js';
import { single } from '../report/spread.js';
import { World } from '../workload.js';
import { growthFigure } from './growth-figure.js';
import type { Lab, Measure } from './lab.js';
import type { SendsRun } from './run-sends.js';
import { runSends } from './run-sends.js';

type Adapter = 'Parley' | 'Socket.IO' | 'Socket.IO sharded';

/** How many instances hold a member of each room, where there are so many. */
const WITH_A_MEMBER = 2;

/** What the bus sends to instances, counted where it arrives. */
class Ears {
  messages = 0;
  bytes = 0;
  private readonly taps: Tap[] = [];

  async open(redisUrl: string): Promise<string> {
    const nothing = (): void => undefined;
    const tap = await Tap.open(redisUrl, () => ({
      toServer: nothing,
      toClient: redisHeard((channel, bytes) => {
        // What instances say about themselves is the same without any message.
        if (channel.startsWith('parley:') && !channel.startsWith('parley:room')) return;
        this.messages += 1;
        this.bytes += bytes;
      }),
    }));
    this.taps.push(tap);
    return tap.before(redisUrl);
  }

  reset(): void {
    this.messages = 0;
    this.bytes = 0;
  }

  close(): void {
    for (const tap of this.taps) tap.close();
  }
}

interface Line {
  readonly adapter: Adapter;
  readonly instances: number;
  readonly run: SendsRun;
  readonly heardPerSend: number;
  readonly bytesPerSend: number;
}

/** Bus messages, of our adapter and of Socket.IO's two, with more and more instances. */
export const BUS: Measure = {
  names: ['X_node'],
  minutes: 3,
  async run(lab) {
    const { bus } = lab.sizes;
    const world = new World(10, { ...bus, roomsPerUser: 1 });
    const ears = new Ears();
    const options = {
      instances: Math.max(...bus.instances),
      environmentOf: async (_index: number, { redisUrl }: { redisUrl: string }) => ({
        REDIS_URL: await ears.open(redisUrl),
      }),
    };
    return lab.withCluster(options, async (cluster, secret) => {
      await seedDatabase(cluster.postgres.url, [world]);
      try {
        const lines: Line[] = [];
        const note = (line: Line): void => {
          lines.push(line);
          lab.say(
            `X_node ${line.adapter.padEnd(18)} ${line.instances} instances: ${line.heardPerSend.toFixed(2)} bus messages a send, p50 ${line.run.latency.p50Ms.toFixed(1)} ms`,
          );
        };
        for (const count of bus.instances) note(await ours(lab, cluster, secret, world, ears, count));
        for (const instance of cluster.instances) await instance.terminate();
        for (const adapter of ['Socket.IO', 'Socket.IO sharded'] as const)
          for (const count of bus.instances) note(await theirs(lab, cluster, world, { adapter, count }));
        return [result(lab, lines)];
      } finally {
        ears.close();
      }
    });
  },
};

/** A room's members are on two neighbours, in turn. */
function instanceOf(world: World, user: number, count: number): number {
  const room = world.layout.roomsOf[user]?.[0] ?? 0;
  const place = Math.floor(user / world.layout.rooms) % WITH_A_MEMBER;
  return (room + place) % count;
}

async function ours(
  lab: Lab,
  cluster: Cluster,
  secret: string,
  world: World,
  ears: Ears,
  count: number,
): Promise<Line> {
  const used = cluster.instances.slice(0, count);
  await Promise.all(cluster.instances.slice(count).map((instance) => instance.terminate()));
  await Promise.all(used.map((instance) => instance.start()));
  const at = (user: number): ManagedProcess => {
    const instance = used[instanceOf(world, user, count)];
    if (!instance) throw new Error('There is no such instance');
    return instance;
  };
  const run = await runSends({
    sizes: lab.sizes,
    world,
    urlOf: (user) => at(user).url,
    authOf: (user) => ({ token: accessToken(secret, world.userId(user), world.sessionId(user)) }),
    pids: used.flatMap(({ pid }) => (pid === null ? [] : [pid])),
    rate: lab.sizes.bus,
    onMeasure: () => ears.reset(),
  });
  return lineOf('Parley', count, run, ears);
}

async function theirs(
  lab: Lab,
  cluster: Cluster,
  world: World,
  { adapter, count }: { adapter: 'Socket.IO' | 'Socket.IO sharded'; count: number },
): Promise<Line> {
  const ears = new Ears();
  const servers: RunningSubject[] = [];
  try {
    for (let index = 0; index < count; index += 1) {
      const redisUrl = await ears.open(cluster.redis.url);
      servers.push(await baseline(adapter, lab.freePorts, redisUrl, world).start());
    }
    const at = (user: number): RunningSubject => {
      const server = servers[instanceOf(world, user, count)];
      if (!server) throw new Error('There is no such server');
      return server;
    };
    const run = await runSends({
      sizes: lab.sizes,
      world,
      urlOf: (user) => at(user).url,
      authOf: (user) => at(user).authOf(user),
      pids: servers.map(({ pid }) => pid),
      rate: lab.sizes.bus,
      onMeasure: () => ears.reset(),
    });
    return lineOf(adapter, count, run, ears);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    ears.close();
  }
}

function lineOf(adapter: Adapter, instances: number, run: SendsRun, ears: Ears): Line {
  return {
    adapter,
    instances,
    run,
    heardPerSend: ears.messages / run.sends,
    bytesPerSend: ears.bytes / run.sends,
  };
}

function result(lab: Lab, lines: readonly Line[]): MeasureResult {
  const ofOurs = lines.filter(({ adapter }) => adapter === 'Parley');
  const withMember = (instances: number): number => Math.min(instances, WITH_A_MEMBER);
  return {
    name: 'X_node',
    definition: `Bus messages that instances receive for a send, over instances that hold a member of its room (${WITH_A_MEMBER} where there are so many); ${lab.sizes.bus.membersPerRoom} members a room`,
    figures: [
      // The most instances first: that is where a broadcast to all would show.
      ...[...ofOurs].reverse().map(({ instances, heardPerSend }) => ({
        name: `${instances} ${instances === 1 ? 'instance' : 'instances'}`,
        unit: '×',
        value: single(heardPerSend / withMember(instances)),
        goal: { atMost: 1.1 },
      })),
      growthFigure(
        'instances',
        ofOurs
          .filter(({ instances }) => instances >= WITH_A_MEMBER)
          .map(({ instances, run }) => [instances, run.cpuMsPerSend]),
      ),
    ],
    tables: [
      {
        title: 'The adapters side by side',
        columns: [
          'adapter',
          'instances',
          'bus messages a send',
          'of them wasted',
          'bus bytes a send',
          'p50, ms',
          'p99, ms',
          'server CPU a send, ms',
        ],
        rows: lines.map(({ adapter, instances, heardPerSend, bytesPerSend, run }) => [
          adapter,
          instances,
          heardPerSend.toFixed(2),
          Math.max(0, heardPerSend - (withMember(instances) - 1)).toFixed(2),
          Math.round(bytesPerSend),
          run.latency.p50Ms.toFixed(1),
          run.latency.p99Ms.toFixed(1),
          run.cpuMsPerSend.toFixed(2),
        ]),
      },
    ],
    soundRounds: 1,
    voidRounds: 0,
    notes: [
      'wasted: what reaches an instance that has nobody to give it to, its own echo included; an instance that knows itself alone sends nothing',
      'Parley stores each message before it goes out, and checks who may send; the other two store and check nothing',
    ],
    ailments: lines.flatMap(({ adapter, instances, run }) =>
      run.ailments.map((one) => `${adapter}, ${instances} instances: ${one}`),
    ),
    raw: lines,
  };
}
