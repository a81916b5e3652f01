import { Cluster } from 'ioredis';
import type { RedisPlace } from './redis-nodes.js';
import { accountOf, nodesOf } from './redis-nodes.js';

/** A node that took over is known at most so long after, also where nobody is told MOVED. */
const SLOTS_REFRESH_MS = 2_000;
const SLOTS_TIMEOUT_MS = 1_000;

type Pipeline = ReturnType<Cluster['pipeline']>;
type Answer = [error: null, result: unknown];

export interface ClusterClientOptions {
  readonly connectTimeout: number;
  readonly retryStrategy: (attempt: number) => number;
}

/**
 * Redis Cluster as request paths use it: what can not be done now fails now, while other shards go on. Its pipelines may
 * name keys of several slots, which those of ioredis may not.
 */
export class ClusterClient extends Cluster {
  constructor(place: RedisPlace, { connectTimeout, retryStrategy }: ClusterClientOptions) {
    super(nodesOf(place), {
      enableOfflineQueue: false,
      clusterRetryStrategy: retryStrategy,
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      slotsRefreshInterval: SLOTS_REFRESH_MS,
      slotsRefreshTimeout: SLOTS_TIMEOUT_MS,
      redisOptions: { connectTimeout, maxRetriesPerRequest: 0, ...accountOf(place) },
    });
    // Otherwise a node is connected to by the first command for it.
    this.on('+node', (node: { connect: () => Promise<void> }) => {
      node.connect().catch(() => undefined);
    });
  }

  /**
   * Each command goes to the node of its key, all side by side; those of one key keep their order. Where one fails, its shard
   * is away, and the whole is.
   */
  override pipeline(): Pipeline {
    const queued: { method: string; parts: unknown[] }[] = [];
    const exec = async (): Promise<Answer[]> => {
      const answers = await Promise.all(queued.map(({ method, parts }) => this.answerOf(method, parts)));
      return answers.map((answer) => [null, answer]);
    };
    const pipeline: object = new Proxy(
      {},
      {
        get: (_, method) => {
          if (method === 'exec') return exec;
          // Whoever returns it from an async function must not wait for it.
          if (typeof method !== 'string' || method === 'then') return undefined;
          return (...parts: unknown[]) => {
            queued.push({ method, parts });
            return pipeline;
          };
        },
      },
    );
    return pipeline as Pipeline;
  }

  private answerOf(method: string, parts: unknown[]): Promise<unknown> {
    const command = Reflect.get(this, method) as (...parts: unknown[]) => Promise<unknown>;
    return command.apply(this, parts);
  }
}
