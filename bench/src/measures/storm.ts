import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { CrowdTotals } from '../driver/crowd.js';
import { Crowd } from '../driver/crowd.js';
import type { Cluster } from '../ground/cluster.js';
import { seedDatabase } from '../ground/seed-database.js';
import { ailments, watchMachine } from '../machine/health.js';
import { told } from '../machine/usage.js';
import type { MeasureResult } from '../report/report.js';
import { single } from '../report/spread.js';
import { World } from '../workload.js';
import { pace, peopleOf } from './crowd-world.js';
import type { Lab, Measure } from './lab.js';

/** Longer than a storm that misses its goal takes: how long that was is to be told. */
const SETTLES_WITHIN_MS = 300_000;
/** What the slowest of all ways to a missing message takes: a sweep, and the client's own repair. */
const IN_STEP_WITHIN_MS = 15_000;
const LOOK_MS = 500;

/** All people of one instance are cut at once, by kill -9; a supervisor starts it again. */
export const STORM: Measure = {
  names: ['Storm'],
  minutes: 2.5,
  async run(lab) {
    const { storm } = lab.sizes;
    const world = new World(6, { ...storm, users: storm.users + storm.others });
    return lab.withCluster({ instances: 2 }, async (cluster, secret) => {
      await seedDatabase(cluster.postgres.url, [world]);
      const crowd = new Crowd(storm.driverProcesses, 2);
      const others = new Crowd(1, 100);
      try {
        return [await cut(lab, cluster, secret, world, { crowd, others })];
      } finally {
        await Promise.all([crowd.stop(), others.stop()]);
      }
    });
  },
};

async function cut(
  lab: Lab,
  cluster: Cluster,
  secret: string,
  world: World,
  { crowd, others }: { crowd: Crowd; others: Crowd },
): Promise<MeasureResult> {
  const { say, sizes } = lab;
  const size = sizes.storm;
  const [first, second] = cluster.instances;
  if (!first || !second) throw new Error('The storm takes two instances');
  const users = world.layout.roomsOf.map((_, user) => user);
  const people = (some: readonly number[], url: string): ReturnType<typeof peopleOf> =>
    peopleOf(world, some, secret, size, { url, returnUrl: cluster.url });
  // nginx would spread them: while the second instance is not there, all come to the first.
  await second.terminate();
  const { joined } = await crowd.join(
    people(users.slice(0, size.users), cluster.url),
    sizes.handshakesAtOnce,
  );
  await second.start();
  await others.join(people(users.slice(size.users), second.url), sizes.handshakesAtOnce);
  say(`Storm  ${joined} people on ${first.name}, ${size.others} on ${second.name}`);

  const acts = pace(size, size.users);
  const otherActs = pace({ ...size, sendEveryMs: size.othersSendEveryMs }, size.others);
  await Promise.all([
    crowd.live({ name: 'warm', durationMs: size.warmUpMs, ...acts }),
    others.live({ name: 'warm', durationMs: size.warmUpMs, ...otherActs }),
  ]);
  await Promise.all([crowd.count({ andReset: true }), others.count({ andReset: true })]);

  const machine = watchMachine();
  const began = performance.now();
  const living = Promise.all([
    crowd.live({ name: 'storm', durationMs: size.heldMs, ...acts }),
    others.live({ name: 'other', durationMs: size.heldMs, ...otherActs }),
  ]);
  await first.kill();
  const restarting = first.start();
  const curve: [number, number][] = [[0, 0]];
  let totals: CrowdTotals;
  let backMs: number | null = null;
  do {
    await pause(LOOK_MS);
    totals = await crowd.count({ andReset: false });
    const elapsed = performance.now() - began;
    curve.push([Math.round(elapsed / 100) / 10, joined - totals.away]);
    // The cut itself takes a moment to be seen.
    if (backMs === null && totals.cuts >= joined && totals.away === 0) {
      backMs = elapsed;
      say(`Storm  all ${joined} are back and caught up after ${(elapsed / 1_000).toFixed(1)} s`);
    }
  } while (backMs === null && performance.now() - began < SETTLES_WITHIN_MS);
  await restarting;
  const [life, otherLife] = await living;
  const deadline = performance.now() + SETTLES_WITHIN_MS;
  let otherTotals: CrowdTotals;
  do {
    await pause(LOOK_MS);
    [totals, otherTotals] = await Promise.all([
      crowd.count({ andReset: false }),
      others.count({ andReset: false }),
    ]);
  } while (totals.open + otherTotals.open + totals.away > 0 && performance.now() < deadline);
  const behind = await notInStep(cluster, world, [crowd, others]);
  const watched = machine();

  const sent = life.sent + otherLife.sent;
  const stored = await storedSends(cluster);
  say(`Storm  ${sent} sends, ${stored.stormy} rows, ${behind} positions behind`);
  const back = [...totals.backAfterMs].sort((one, other) => one - other);
  const at = (share: number): number => (back[Math.floor(back.length * share)] ?? 0) / 1_000;
  return {
    name: 'Storm',
    definition: `${joined} people of one instance are cut at once by kill -9 while they write; ${size.others} others are on a second instance; the first is started again at once`,
    figures: [
      {
        name: 'all back and caught up',
        unit: 's',
        value: backMs === null ? single(SETTLES_WITHIN_MS / 1_000) : single(backMs / 1_000),
        goal: { atMost: 60 },
      },
      {
        name: 'sends lost, doubled or without an answer',
        unit: '',
        value: single(Math.abs(sent - stored.stormy) + totals.open + otherTotals.open),
        goal: { atMost: 0 },
      },
      {
        name: 'positions held that the database is past',
        unit: '',
        value: single(behind),
        goal: { atMost: 0 },
      },
      {
        name: 'send to ack of the others, p99',
        unit: 'ms',
        value: single(otherLife.toAck.p99Ms),
        goal: { atMost: 2_000 },
      },
      told('half are back', at(0.5), 's'),
      told('99 of 100 are back', at(0.99), 's'),
      told('send to ack of the others, p50', otherLife.toAck.p50Ms, 'ms'),
      told('sends of all meanwhile', sent, ''),
    ],
    curves: [
      {
        title: 'People who are connected and caught up, after the cut',
        x: 's',
        y: 'people',
        series: [{ name: 'people', points: curve }],
      },
    ],
    soundRounds: 1,
    voidRounds: 0,
    notes: [
      `Tries to come back that failed and were repeated: ${failedTries(totals.failedReturns)}; ${totals.caughtUp} messages came by a catch-up, ${totals.messages - totals.caughtUp} live`,
      `each of the ${users.length} people holds ${size.roomsPerUser} positions; all were compared with the database`,
      ...Object.entries(totals.refused).map(([what, count]) => `${count} × ${what}`),
    ],
    ailments: ailments(
      { ...watched, senderLagP99Ms: 0, receiverLagP99Ms: 0, driverCpu: 0 },
      sizes.latencyHealth,
    ),
    raw: { life, otherLife, totals: { ...totals, backAfterMs: undefined }, otherTotals, stored },
  };
}

/** How many positions are not those of the database; waits for what still comes. */
async function notInStep(cluster: Cluster, world: World, crowds: readonly Crowd[]): Promise<number> {
  const client = new pg.Client({ connectionString: cluster.postgres.url });
  await client.connect();
  try {
    const deadline = performance.now() + IN_STEP_WITHIN_MS;
    for (;;) {
      const { rows } = await client.query<{ id: string; last_rev: number }>(
        'SELECT id, last_rev FROM conversations',
      );
      const revs = new Map(rows.map(({ id, last_rev }) => [id, last_rev]));
      let wrong = 0;
      for (const crowd of crowds)
        for (const [user, held] of await crowd.held())
          world.conversationIdsOf(user).forEach((id, index) => {
            if (revs.get(id) !== held[index]) wrong += 1;
          });
      if (wrong === 0 || performance.now() > deadline) return wrong;
      await pause(LOOK_MS);
    }
  } finally {
    await client.end();
  }
}

/** Rows of the storm, by the names of its sends. */
async function storedSends(cluster: Cluster): Promise<{ stormy: number }> {
  const client = new pg.Client({ connectionString: cluster.postgres.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ stormy: number }>(
      `SELECT count(*)::int AS stormy FROM messages
        WHERE client_message_id LIKE 'storm-%' OR client_message_id LIKE 'other-%'`,
    );
    return rows[0] ?? { stormy: 0 };
  } finally {
    await client.end();
  }
}

function failedTries(failed: Readonly<Record<string, number>>): string {
  const sum = Object.values(failed).reduce((all, count) => all + count, 0);
  const reasons = Object.entries(failed).sort(([, one], [, other]) => other - one);
  return `${sum}${reasons.map(([why, count]) => `, ${count} "${why}"`).join('')}`;
}
