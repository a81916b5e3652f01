import type { Random } from '../random.js';
import type { Recorder } from '../recording/recorder.js';
import type { Cluster, ManagedProcess } from '../run/cluster.js';
import type { Room } from '../workload/people.js';
import { neverReads } from './client-faults.js';
import type { CommitCutter } from './commit-cutter.js';
import type { Fault } from './fault.js';
import type { Noted } from './instance-faults.js';
import {
  drainInstance,
  freezeInstance,
  killInstance,
  killWorker,
  reset,
  rollingRestart,
  silence,
} from './instance-faults.js';
import { cutAfterCommit, freezePostgres, restartPostgres, terminateBackends } from './postgres-faults.js';
import { reloadProxy } from './proxy-faults.js';
import { cutSubscribers, flushRedis, freezeRedis, killRedis } from './redis-faults.js';
import type { Tunnel } from './tunnel.js';

/** The ways between one instance and what it needs, each through a tunnel of the checker. */
export interface Edges {
  postgres: Tunnel;
  redis: Tunnel;
  /** Between nginx and the instance. */
  clients: Tunnel;
  cutter: CommitCutter;
}

export interface Plan {
  cluster: Cluster;
  edges: Edges[];
  random: Random;
  noted: Noted;
  /** The conversation in which most happens. */
  hot: Room;
  recorder: Recorder;
  /** Length of the faults that last: 1 in a short run. */
  stretch: number;
}

/**
 * Every fault of guarantees.md once, in an order chosen by the seed; `silent` ones last long enough to be told apart. Those in
 * one list follow on each other without a pause.
 */
export function round(plan: Plan): Fault[][] {
  const { cluster, edges, random, noted, hot, recorder, stretch } = plan;
  const { redis, postgres } = cluster;
  const seconds = (least: number, most: number): number =>
    random.between(least * 1_000, most * 1_000) * stretch;
  const someone = (): { process: ManagedProcess; edge: Edges } => {
    const index = random.between(0, cluster.instances.length - 1);
    const process = cluster.instances[index];
    const edge = edges[index];
    if (process === undefined || edge === undefined) throw new Error('no instance');
    return { process, edge };
  };
  const edge = (make: (at: { process: ManagedProcess; edge: Edges }) => Fault): Fault => make(someone());
  const single = [
    cutSubscribers(redis, 1_500),
    freezeRedis(redis, seconds(4, 6)),
    flushRedis(redis),
    killRedis(redis, seconds(3, 5)),
    killInstance(someone().process, seconds(1, 3), noted),
    killWorker(cluster.worker, seconds(1, 3), noted),
    freezeInstance(someone().process, seconds(5, 7)),
    drainInstance(someone().process, 500, noted),
    cutAfterCommit(
      edges.map(({ cutter }) => cutter),
      6,
      4_000,
    ),
    terminateBackends(postgres, 3),
    restartPostgres(postgres, 'fast'),
    restartPostgres(postgres, 'immediate'),
    freezePostgres(postgres, seconds(3, 4)),
    reloadProxy(cluster.nginx),
    neverReads(cluster.instances, hot, recorder, seconds(4, 6)),
    edge(({ process, edge: { redis: tunnel } }) =>
      silence(`${process.name} - Redis`, tunnel, 'redis', process.name, seconds(4, 6)),
    ),
    edge(({ process, edge: { redis: tunnel } }) =>
      reset(`${process.name} - Redis`, tunnel, 'redis', process.name, seconds(1, 2)),
    ),
    edge(({ process, edge: { postgres: tunnel } }) =>
      silence(`${process.name} - PostgreSQL`, tunnel, 'postgres', process.name, seconds(2, 4)),
    ),
    edge(({ process, edge: { postgres: tunnel } }) =>
      reset(`${process.name} - PostgreSQL`, tunnel, 'postgres', process.name, seconds(1, 2)),
    ),
    edge(({ process, edge: { clients: tunnel } }) =>
      silence(`nginx - ${process.name}`, tunnel, 'network', process.name, seconds(3, 5)),
    ),
    edge(({ process, edge: { clients: tunnel } }) =>
      reset(`nginx - ${process.name}`, tunnel, 'network', process.name, seconds(1, 2)),
    ),
  ];
  return random.shuffle([...single.map((fault) => [fault]), rollingRestart(cluster.instances, noted)]);
}
