import { CommitCutter } from '../faults/commit-cutter.js';
import type { Edges } from '../faults/plan.js';
import { Tunnel } from '../faults/tunnel.js';
import type { ClusterOptions } from './cluster.js';

/** Functions that write, each in a transaction of its own. */
const FUNCTIONS = [
  'send_messages',
  'edit_message',
  'delete_message',
  'set_reaction',
  'set_pin',
  'create_conversation',
  'change_conversation',
  'delete_conversation',
  'add_members',
  'join_conversation',
  'leave_conversation',
  'remove_member',
  'change_member_role',
  'advance_pointers',
];

/**
 * Statements that commit what somebody asked for: these functions, the end of a transaction (a sign-in, a refresh),
 * and what changes a row by itself (a setting, a sign-out, a name).
 */
export const WRITES = new RegExp(
  `\\b(?:(?:${FUNCTIONS.join('|')})\\(|update (?:members|sessions|users)\\b|commit\\b)`,
  'i',
);

/** Tunnels on every edge of every instance, and the options that make a cluster go through them. */
export class EdgeSet {
  readonly edges: Edges[] = [];
  private readonly partial = new Map<number, Partial<Edges>>();

  readonly options: Pick<ClusterOptions, 'environmentOf' | 'upstreamOf'> = {
    environmentOf: async (instance, { databaseUrl, redisUrl }) => {
      const cutter = new CommitCutter(WRITES);
      const postgres = await open(databaseUrl, 5_432, () => cutter.inspector());
      const redis = await open(redisUrl, 6_379);
      this.take(instance, { postgres, redis, cutter });
      return { DATABASE_URL: through(databaseUrl, postgres), REDIS_URL: through(redisUrl, redis) };
    },
    upstreamOf: async (instance, port) => {
      const clients = await Tunnel.open('127.0.0.1', port);
      this.take(instance, { clients });
      return clients.port;
    },
  };

  private take(instance: number, part: Partial<Edges>): void {
    const held = { ...this.partial.get(instance), ...part };
    this.partial.set(instance, held);
    const { postgres, redis, clients, cutter } = held;
    if (postgres && redis && clients && cutter) this.edges[instance] = { postgres, redis, clients, cutter };
  }

  async close(): Promise<void> {
    for (const { postgres, redis, clients } of this.partial.values()) {
      await postgres?.close();
      await redis?.close();
      await clients?.close();
    }
  }
}

function open(
  url: string,
  defaultPort: number,
  inspect?: () => ReturnType<CommitCutter['inspector']>,
): Promise<Tunnel> {
  const { hostname, port } = new URL(url);
  return Tunnel.open(
    hostname === 'localhost' ? '127.0.0.1' : hostname,
    port === '' ? defaultPort : Number(port),
    inspect,
  );
}

function through(url: string, tunnel: Tunnel): string {
  const changed = new URL(url);
  changed.hostname = '127.0.0.1';
  changed.port = String(tunnel.port);
  return changed.href;
}
