import type { InstanceStats } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { installationOf } from '../infra/installation.js';
import { Instance } from '../infra/instance.js';
import { RedisCache } from '../infra/redis/redis-cache.js';

/** How often an instance says how it is. */
export const REPORT_EVERY_MS = 2_000;
/** Two reports may be late or lost; a dead instance is gone from the sums after this. */
export const REPORT_LIVES_MS = 6_000;
/** Members of one command: some 40 KB. */
const AT_ONCE = 1_000;

/** What one instance says of itself. */
export interface InstanceReport extends InstanceStats {
  /** Messages that it stored within the last minute. */
  readonly messagesPerMinute: number;
}

/** Who came to an instance and who went from it; `isWhole`: `came` are all who are there. */
export interface PeopleMoved {
  readonly isWhole: boolean;
  readonly came: readonly string[];
  readonly went: readonly string[];
}

export interface Reports {
  readonly instances: readonly InstanceReport[];
  readonly onlineUsers: number;
}

/**
 * What the instances of this installation say of themselves, in Redis. Each has an entry and a set of the people connected to
 * it, which end by themselves. All keys have one hash tag, so that a Redis Cluster keeps them together.
 */
@Injectable()
export class StatsRegistry {
  private readonly prefix: string;

  constructor(
    config: Config,
    private readonly cache: RedisCache,
    private readonly instance: Instance,
  ) {
    this.prefix = `{parley:stats:${installationOf(config)}}`;
  }

  /** Whether the set of people is known to be whole: Redis may have lost it. Rejects while Redis is away. */
  async write(report: InstanceReport, { isWhole, came, went }: PeopleMoved): Promise<boolean> {
    const { id } = this.instance;
    const people = this.peopleKey(id);
    const answers = await this.cache.run('stats', (client) => {
      const pipeline = client.pipeline();
      if (isWhole) pipeline.del(people);
      for (const part of inParts(came)) pipeline.sadd(people, ...part);
      for (const part of inParts(went)) pipeline.srem(people, ...part);
      return pipeline
        .sadd(this.indexKey, id)
        .set(this.entryKey(id), JSON.stringify(report), 'PX', REPORT_LIVES_MS)
        .pexpire(people, REPORT_LIVES_MS)
        .exec();
    });
    for (const [error] of answers ?? []) if (error) throw error;
    return answers?.at(-1)?.[1] === 1;
  }

  /** This instance goes. */
  async remove(): Promise<void> {
    const { id } = this.instance;
    await this.cache.run('stats', (client) =>
      client.pipeline().srem(this.indexKey, id).del(this.entryKey(id), this.peopleKey(id)).exec(),
    );
  }

  /** All instances, and how many people are connected to any of them. Rejects while Redis is away. */
  async read(): Promise<Reports> {
    return this.cache.run('stats', async (client) => {
      const ids = await client.smembers(this.indexKey);
      if (ids.length === 0) return { instances: [], onlineUsers: 0 };
      const union = `${this.prefix}:union:${this.instance.id}`;
      // In one transaction, so that the sums are of one moment.
      const answers = await client
        .multi()
        .mget(ids.map((id) => this.entryKey(id)))
        .sunionstore(union, ...ids.map((id) => this.peopleKey(id)))
        .del(union)
        .exec();
      const [entries, onlineUsers] = (answers ?? []).map(([error, answer]) => {
        if (error) throw error;
        return answer;
      }) as [(string | null)[], number];
      const gone = ids.filter((_id, index) => entries[index] === null);
      if (gone.length > 0) await client.srem(this.indexKey, ...gone);
      const instances = entries.flatMap((entry) =>
        entry === null ? [] : [JSON.parse(entry) as InstanceReport],
      );
      return { instances, onlineUsers };
    });
  }

  private get indexKey(): string {
    return `${this.prefix}:instances`;
  }

  private entryKey(id: string): string {
    return `${this.prefix}:instance:${id}`;
  }

  private peopleKey(id: string): string {
    return `${this.prefix}:people:${id}`;
  }
}

function inParts(ids: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let start = 0; start < ids.length; start += AT_ONCE) parts.push(ids.slice(start, start + AT_ONCE));
  return parts;
}
