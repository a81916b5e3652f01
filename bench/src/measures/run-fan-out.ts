import { Fleet } from '../driver/fleet.js';
import type { Quantiles } from '../driver/histogram.js';
import { quantilesOf } from '../driver/histogram.js';
import type { RunningSubject, Subject } from '../ground/subject.js';
import type { Health } from '../machine/health.js';
import { ailments, watchMachine } from '../machine/health.js';
import { cpuSecondsOf } from '../machine/process-table.js';
import type { FanOutSizes, Sizes } from '../sizes.js';
import type { Target, World } from '../workload.js';
import { profileOf } from './cpu-profile.js';

export interface FanOutRun {
  readonly subject: Subject['name'];
  readonly cpuSeconds: number;
  readonly sends: number;
  /** Messages that arrived, each counted at each receiver. */
  readonly deliveries: number;
  /** Older messages that came again. */
  readonly repeated: number;
  readonly cpuSecondsPerMillion: number;
  readonly messagesPerFrame: number;
  readonly bytesPerMessage: number;
  /** From the moment a message was to be sent to its arrival at each receiver; a figure of a loaded machine. */
  readonly latency: Quantiles;
  readonly health: Health;
  /** Why the run says nothing; empty where it counts. */
  readonly ailments: readonly string[];
}

const ARRIVES_WITHIN_MS = 20_000;

export interface FanOutPlan {
  readonly world: World;
  readonly targets: readonly Target[];
  readonly fanOut: FanOutSizes;
  readonly sizes: Sizes;
  /** Where the server's CPU profile goes, if one is wanted. */
  readonly profileTo: string | null;
}

/** One server, new, with everybody connected: warmed up, then measured while messages go out on schedule. */
export async function runFanOut(subject: Subject, plan: FanOutPlan): Promise<FanOutRun> {
  const fleet = new Fleet(plan.sizes.receiverProcesses);
  const server = await subject.start();
  try {
    return await measure(subject, server, fleet, plan);
  } finally {
    await fleet.stop();
    await server.stop();
  }
}

async function measure(
  subject: Subject,
  server: RunningSubject,
  fleet: Fleet,
  { world, targets, fanOut, sizes, profileTo }: FanOutPlan,
): Promise<FanOutRun> {
  const { membersPerRoom, textLength } = fanOut;
  await fleet.connect({
    urlOf: () => server.url,
    users: world.layout.roomsOf.map((_, user) => user),
    senders: new Set(targets.map(({ user }) => user)),
    authOf: (user) => server.authOf(user),
    atOnce: sizes.handshakesAtOnce,
  });
  const run = `${process.pid}-${Math.round(performance.now())}`;
  const send = (phase: string, durationMs: number, perSecond: number): ReturnType<Fleet['send']> =>
    fleet.send({
      targets: targets.map(({ user, room }) => ({ user, conversationId: world.conversationId(room) })),
      name: `${run}-${phase}`,
      perSecond,
      durationMs,
      textLength,
    });

  const warm = await send('warm', fanOut.warmUpMs, fanOut.warmUpPerSecond);
  await fleet.arrived(warm.acknowledged * membersPerRoom, ARRIVES_WITHIN_MS);
  await fleet.count({ andReset: true });

  const profile = profileTo === null ? null : await profileOf(server.inspectorPort, server.pid);
  const machine = watchMachine();
  const before = cpuSecondsOf(server.pid);
  const sent = await send('run', fanOut.measureMs, fanOut.messagesPerSecond);
  await fleet.arrived(sent.acknowledged * membersPerRoom, ARRIVES_WITHIN_MS);
  const cpuSeconds = cpuSecondsOf(server.pid) - before;
  const watched = machine();
  if (profileTo !== null) await profile?.writeTo(profileTo);

  const totals = await fleet.count({ andReset: true });
  const { receiverLagP99Ms, driverCpu } = totals;
  const health = { ...watched, senderLagP99Ms: quantilesOf([sent.lag]).p99Ms, receiverLagP99Ms, driverCpu };
  const expected = sent.sent * membersPerRoom;
  const faults = ailments(health, sizes.health);
  if (sent.acknowledged !== sent.sent)
    faults.push(
      `${sent.sent - sent.acknowledged} sends were not acknowledged: ${JSON.stringify(sent.refused)}`,
    );
  if (totals.messages !== expected) faults.push(`${totals.messages} messages arrived instead of ${expected}`);
  if (totals.closed > 0) faults.push(`${totals.closed} connections broke`);
  return {
    subject: subject.name,
    cpuSeconds,
    sends: sent.sent,
    deliveries: totals.messages,
    repeated: totals.repeated,
    cpuSecondsPerMillion: (cpuSeconds / totals.messages) * 1_000_000,
    messagesPerFrame: totals.messages / totals.frames,
    bytesPerMessage: totals.bytes / totals.messages,
    latency: totals.latency,
    health,
    ailments: faults,
  };
}
