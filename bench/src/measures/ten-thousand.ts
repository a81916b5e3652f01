import { setTimeout as pause } from 'node:timers/promises';
import { Crowd } from '../driver/crowd.js';
import type { CrowdLife, CrowdTotals } from '../driver/crowd.js';
import type { Cluster } from '../ground/cluster.js';
import { seedDatabase } from '../ground/seed-database.js';
import { ailments, watchMachine } from '../machine/health.js';
import { UsageGauge, told, usageTable } from '../machine/usage.js';
import type { MeasureResult } from '../report/report.js';
import { single } from '../report/spread.js';
import { World } from '../workload.js';
import { pace, peopleOf } from './crowd-world.js';
import type { Lab, Measure } from './lab.js';

/** How often the figures of the moment are taken, for the picture. */
const LAP_MS = 15_000;
const ARRIVES_WITHIN_MS = 20_000;

/** Ten thousand people on one instance, through nginx, for ten minutes. */
export const TEN_THOUSAND: Measure = {
  names: ['C10k'],
  minutes: 12,
  async run(lab) {
    const world = new World(5, lab.sizes.crowd);
    return lab.withCluster({ instances: 1 }, async (cluster, secret) => {
      await seedDatabase(cluster.postgres.url, [world]);
      const crowd = new Crowd(lab.sizes.crowd.driverProcesses, 2);
      try {
        return [await hold(lab, cluster, secret, world, crowd)];
      } finally {
        await crowd.stop();
      }
    });
  },
};

async function hold(
  lab: Lab,
  cluster: Cluster,
  secret: string,
  world: World,
  crowd: Crowd,
): Promise<MeasureResult> {
  const { say, sizes } = lab;
  const size = sizes.crowd;
  const users = world.layout.roomsOf.map((_, user) => user);
  const doors = { url: cluster.url, returnUrl: cluster.url };
  const { joined, ms } = await crowd.join(
    peopleOf(world, users, secret, size, doors),
    sizes.handshakesAtOnce,
  );
  say(`C10k   ${joined} people came in ${(ms / 1_000).toFixed(0)} s`);
  const acts = pace(size, users.length);
  await crowd.live({ name: 'warm', durationMs: size.warmUpMs, ...acts });
  await crowd.count({ andReset: true });

  const machine = watchMachine();
  const usage = new UsageGauge(cluster);
  const laps: { second: number; p50: number; p99: number }[] = [];
  let isOver = false;
  const watching = (async () => {
    const began = performance.now();
    while (!isOver) {
      await pause(Math.min(LAP_MS, size.heldMs / 4));
      const { lap, away } = await crowd.count({ andReset: false });
      usage.look();
      const second = Math.round((performance.now() - began) / 1_000);
      laps.push({ second, p50: lap.p50Ms, p99: lap.p99Ms });
      say(`C10k   ${second} s: p50 ${lap.p50Ms.toFixed(1)} ms, p99 ${lap.p99Ms.toFixed(1)} ms, ${away} away`);
    }
  })();
  const life = await crowd.live({ name: 'held', durationMs: size.heldMs, ...acts });
  isOver = true;
  await watching;
  const used = usage.read();
  const watched = machine();
  const totals = await allArrived(crowd, life.sent * size.membersPerRoom);
  const { receiverLagP99Ms, driverCpu } = totals;
  const health = { ...watched, senderLagP99Ms: life.lag.p99Ms, receiverLagP99Ms, driverCpu };
  return {
    name: 'C10k',
    definition: `${joined} connected users on one instance through nginx, each one message in ${size.sendEveryMs / 1_000} s to ${size.membersPerRoom} people online, with typing, reads and presence; held ${size.heldMs / 60_000} minutes`,
    ...figuresOf(size.membersPerRoom, life, totals),
    tables: [
      usageTable(used),
      {
        title: 'What arrived',
        columns: ['frame', 'a second'],
        rows: Object.entries(totals.frames).map(([name, count]) => [
          name,
          Math.round(count / (size.heldMs / 1_000)),
        ]),
      },
    ],
    curves: [
      {
        title: 'Send to delivery over the run, ms',
        x: 's',
        y: 'ms',
        series: [
          { name: 'p50', points: laps.map(({ second, p50 }) => [second, p50]) },
          { name: 'p99', points: laps.map(({ second, p99 }) => [second, p99]) },
        ],
      },
    ],
    soundRounds: 1,
    voidRounds: 0,
    ailments: ailments(health, sizes.latencyHealth),
    raw: { life, totals, used, health, joinMs: ms },
  };
}

async function allArrived(crowd: Crowd, messages: number): Promise<CrowdTotals> {
  const deadline = performance.now() + ARRIVES_WITHIN_MS;
  for (;;) {
    const totals = await crowd.count({ andReset: false });
    if (totals.messages >= messages || performance.now() > deadline) return totals;
    await pause(200);
  }
}

function figuresOf(
  members: number,
  life: CrowdLife,
  totals: CrowdTotals,
): Pick<MeasureResult, 'figures' | 'notes'> {
  const refused = Object.values(totals.refused).reduce((sum, count) => sum + count, 0);
  const missing = life.sent * members - totals.messages;
  return {
    figures: [
      { name: 'delivery p99', unit: 'ms', value: single(totals.latency.p99Ms), goal: { atMost: 100 } },
      {
        name: 'refused, unanswered, cut',
        unit: '',
        value: single(refused + totals.open + totals.cuts),
        goal: { atMost: 0 },
      },
      { name: 'deliveries missing', unit: '', value: single(Math.abs(missing)), goal: { atMost: 0 } },
      told('delivery p50', totals.latency.p50Ms, 'ms'),
      told('delivery p99.9', totals.latency.p999Ms ?? totals.latency.maxMs, 'ms'),
      told('delivery, the slowest', totals.latency.maxMs, 'ms'),
      told('sends', life.sent, ''),
      told('deliveries', totals.messages, ''),
    ],
    notes: [
      `${totals.holes} frames came before something that was missing; ${totals.caughtUp} messages came by a catch-up`,
      ...Object.entries(totals.refused).map(([what, count]) => `${count} × ${what}`),
    ],
  };
}
