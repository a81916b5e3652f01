import { Fleet } from '../driver/fleet.js';
import type { Totals } from '../driver/fleet.js';
import type { Sent } from '../driver/orders.js';
import { quantilesOf } from '../driver/histogram.js';
import { accessToken } from '../ground/access-token.js';
import { seedDatabase } from '../ground/seed-database.js';
import type { Health } from '../machine/health.js';
import { ailments, watchMachine } from '../machine/health.js';
import { told } from '../machine/usage.js';
import type { MeasureResult } from '../report/report.js';
import { single } from '../report/spread.js';
import { World, everyRoom } from '../workload.js';
import type { Lab, Measure } from './lab.js';

/** The rule by which Mattermost's load test ends: beyond any of these the server is saturated. */
const SATURATED = { meanMs: 100, p99Ms: 2_000, errors: 0.000_25 };
const ARRIVES_WITHIN_MS = 20_000;

interface Step {
  readonly rate: number;
  readonly sent: Sent;
  readonly totals: Totals;
  readonly lost: number;
  readonly health: Health;
}

/** Two instances through nginx: how much is too much, and how quick half of that is. */
export const HALF_LOAD: Measure = {
  names: ['L50'],
  minutes: 2,
  async run(lab) {
    const world = new World(7, lab.sizes.saturation);
    return lab.withCluster({ instances: 2 }, async (cluster, secret) => {
      await seedDatabase(cluster.postgres.url, [world]);
      const fleet = new Fleet(lab.sizes.receiverProcesses);
      try {
        await fleet.connect({
          urlOf: () => cluster.url,
          users: world.layout.roomsOf.map((_, user) => user),
          senders: new Set(everyRoom(world.layout).map(({ user }) => user)),
          authOf: (user) => ({ token: accessToken(secret, world.userId(user), world.sessionId(user)) }),
          atOnce: lab.sizes.handshakesAtOnce,
        });
        return [await search(lab, world, fleet)];
      } finally {
        await fleet.stop();
      }
    });
  },
};

async function search(lab: Lab, world: World, fleet: Fleet): Promise<MeasureResult> {
  const { saturation, latencyHealth } = lab.sizes;
  const { firstRate, factor, stepMs, warmUpMs, measureMs, steps: most, membersPerRoom } = saturation;
  const run = (name: string, rate: number, durationMs: number): Promise<Step> =>
    offer(fleet, world, saturation.textLength, { name, rate, durationMs });
  await run('warm', firstRate, warmUpMs);
  const steps: Step[] = [];
  let carried = 0;
  for (let index = 0; index < most; index += 1) {
    const step = await run(`step${String(index)}`, Math.round(firstRate * factor ** index), stepMs);
    steps.push(step);
    const { totals, rate } = step;
    lab.say(
      `L50    ${rate} sends/s: mean ${totals.latency.meanMs.toFixed(1)} ms, p99 ${totals.latency.p99Ms.toFixed(1)} ms`,
    );
    if (isSaturated(step)) break;
    carried = rate;
  }
  const half = await run('half', Math.max(1, Math.round(carried / 2)), measureMs);
  const { latency } = half.totals;
  const ended = steps.some(isSaturated);
  return {
    name: 'L50',
    definition: `From send to each other member's delivery, ${membersPerRoom} people a room, two instances through nginx, at half of the rate that they carry before the mean is above ${SATURATED.meanMs} ms, the p99 above ${SATURATED.p99Ms / 1_000} s, or anything is refused or lost`,
    figures: [
      { name: 'delivery p50', unit: 'ms', value: single(latency.p50Ms), goal: { atMost: 5 } },
      { name: 'delivery p99', unit: 'ms', value: single(latency.p99Ms), goal: { atMost: 25 } },
      told('delivery p99.9', latency.p999Ms ?? latency.maxMs, 'ms'),
      told('deliveries measured', latency.count, ''),
      told('sends a second carried', carried, ''),
      told('sends a second measured', half.rate, ''),
      told('deliveries lost', half.lost, ''),
    ],
    curves: [
      {
        title: 'Send to delivery by offered rate, ms',
        x: 'sends/s',
        y: 'ms',
        series: (['p50Ms', 'p99Ms'] as const).map((name) => ({
          name: name.replace('Ms', ''),
          points: steps.map(({ rate, totals }) => [rate, totals.latency[name]]),
        })),
      },
    ],
    soundRounds: 1,
    voidRounds: 0,
    notes: ended ? [] : ['the last step was not saturated: what is carried is more'],
    ailments: [
      ...ailments(half.health, latencyHealth),
      ...(carried === 0 ? ['the first rate was too much already'] : []),
      ...(half.lost > 0 ? [`${half.lost} deliveries were lost at half of the load`] : []),
    ],
    raw: { steps, half },
  };
}

function isSaturated({ totals, sent, lost }: Step): boolean {
  const { meanMs, p99Ms } = totals.latency;
  return (
    meanMs > SATURATED.meanMs ||
    p99Ms > SATURATED.p99Ms ||
    (sent.sent - sent.acknowledged) / sent.sent > SATURATED.errors ||
    lost > 0
  );
}

async function offer(
  fleet: Fleet,
  world: World,
  textLength: number,
  { name, rate, durationMs }: { name: string; rate: number; durationMs: number },
): Promise<Step> {
  await fleet.count({ andReset: true });
  const machine = watchMachine();
  const sent = await fleet.send({
    targets: everyRoom(world.layout).map(({ user, room }) => ({
      user,
      conversationId: world.conversationId(room),
    })),
    name: `${process.pid}-${name}`,
    perSecond: rate,
    durationMs,
    textLength,
  });
  const watched = machine();
  const due = sent.acknowledged * world.shape.membersPerRoom;
  await fleet.arrived(due, ARRIVES_WITHIN_MS);
  const totals = await fleet.count({ andReset: false });
  const { receiverLagP99Ms, driverCpu } = totals;
  const senderLagP99Ms = quantilesOf([sent.lag]).p99Ms;
  return {
    rate,
    sent,
    totals,
    lost: Math.max(0, due - totals.messages),
    health: { ...watched, senderLagP99Ms, receiverLagP99Ms, driverCpu },
  };
}
