import { setTimeout as pause } from 'node:timers/promises';
import { Fleet } from '../driver/fleet.js';
import type { Quantiles } from '../driver/histogram.js';
import { quantilesOf } from '../driver/histogram.js';
import type { Auth } from '../driver/raw-socket.js';
import type { Health } from '../machine/health.js';
import { ailments, watchMachine } from '../machine/health.js';
import { cpuSecondsOfFamily } from '../machine/process-table.js';
import type { Sizes } from '../sizes.js';
import type { World } from '../workload.js';
import { everyRoom } from '../workload.js';

const ARRIVES_WITHIN_MS = 10_000;
/** Long enough for what happens by itself every few seconds to be in it. */
const IDLE_MS = 4_000;

export interface SendsPlan {
  readonly sizes: Sizes;
  readonly world: World;
  readonly urlOf: (user: number) => string;
  readonly authOf: (user: number) => Auth;
  /** Whose processor time is counted; each with its children. */
  readonly pids: readonly number[];
  readonly rate: {
    readonly messagesPerSecond: number;
    readonly textLength: number;
    readonly warmUpMs: number;
    readonly measureMs: number;
  };
  /** Called when what is measured begins. */
  readonly onMeasure?: () => void;
}

export interface SendsRun {
  readonly sends: number;
  readonly deliveries: number;
  /** Of the processes, over what they take when nobody writes. */
  readonly cpuMsPerSend: number;
  readonly latency: Quantiles;
  readonly health: Health;
  readonly ailments: readonly string[];
}

/** Everybody connects; then messages go to all rooms in turn, on schedule. */
export async function runSends(plan: SendsPlan): Promise<SendsRun> {
  const fleet = new Fleet(plan.sizes.receiverProcesses);
  try {
    return await measure(plan, fleet);
  } finally {
    await fleet.stop();
  }
}

async function measure(plan: SendsPlan, fleet: Fleet): Promise<SendsRun> {
  const { sizes, world, urlOf, authOf, pids, rate } = plan;
  const { messagesPerSecond, textLength, warmUpMs, measureMs } = rate;
  const members = world.shape.membersPerRoom;
  const targets = everyRoom(world.layout);
  await fleet.connect({
    urlOf,
    authOf,
    users: world.layout.roomsOf.map((_, user) => user),
    senders: new Set(targets.map(({ user }) => user)),
    atOnce: sizes.handshakesAtOnce,
  });
  const cpu = (): number => pids.reduce((sum, pid) => sum + cpuSecondsOfFamily(pid), 0);
  const name = `${process.pid}-${Math.round(performance.now())}`;
  const send = (phase: string, durationMs: number): ReturnType<Fleet['send']> =>
    fleet.send({
      targets: targets.map(({ user, room }) => ({ user, conversationId: world.conversationId(room) })),
      name: `${name}-${phase}`,
      perSecond: messagesPerSecond,
      durationMs,
      textLength,
    });
  const warm = await send('warm', warmUpMs);
  await fleet.arrived(warm.acknowledged * members, ARRIVES_WITHIN_MS);

  const idleFrom = { cpu: cpu(), at: performance.now() };
  await pause(Math.min(IDLE_MS, measureMs));
  const idleShare = ((cpu() - idleFrom.cpu) * 1_000) / (performance.now() - idleFrom.at);

  await fleet.count({ andReset: true });
  plan.onMeasure?.();
  const machine = watchMachine();
  const from = { cpu: cpu(), at: performance.now() };
  const sent = await send('run', measureMs);
  await fleet.arrived(sent.acknowledged * members, ARRIVES_WITHIN_MS);
  const elapsed = performance.now() - from.at;
  const cpuMs = (cpu() - from.cpu) * 1_000 - idleShare * elapsed;
  const watched = machine();
  const totals = await fleet.count({ andReset: false });
  const { receiverLagP99Ms, driverCpu, latency } = totals;
  const senderLagP99Ms = quantilesOf([sent.lag]).p99Ms;
  const health = { ...watched, senderLagP99Ms, receiverLagP99Ms, driverCpu };
  const faults = ailments(health, sizes.health);
  const due = sent.sent * members;
  if (totals.messages !== due) faults.push(`${totals.messages} messages arrived instead of ${due}`);
  return {
    sends: sent.sent,
    deliveries: totals.messages,
    cpuMsPerSend: cpuMs / sent.sent,
    latency,
    health,
    ailments: faults,
  };
}
