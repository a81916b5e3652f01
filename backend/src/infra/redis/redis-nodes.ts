import type { RedisOptions } from 'ioredis';
import { AbstractConnector } from 'ioredis';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

/** Where Redis is: one server, or nodes of a cluster, of which one that answers is enough. */
export interface RedisPlace {
  readonly urls: readonly string[];
  readonly isCluster: boolean;
}

const DEFAULT_PORT = 6_379;

interface Node {
  readonly host: string;
  readonly port: number;
}

export function nodesOf({ urls }: RedisPlace): Node[] {
  return urls.map((url) => {
    const { hostname, port } = new URL(url);
    return { host: hostname.replaceAll(/^\[|\]$/g, ''), port: port === '' ? DEFAULT_PORT : Number(port) };
  });
}

/** What all nodes share: the account, and whether the way is encrypted. */
export function accountOf({
  urls: [first = ''],
}: RedisPlace): Pick<RedisOptions, 'username' | 'password' | 'tls'> {
  const { protocol, username, password } = new URL(first);
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

/**
 * One connection to any node of a cluster, and to the next one when that is lost. For the bus: a cluster hands what is
 * published at one node to all others, so it does not matter which, and what came over one connection keeps its order.
 */
export function anyNodeOf(place: RedisPlace): new () => AbstractConnector {
  const nodes = nodesOf(place);
  const { tls } = accountOf(place);
  return class NextNodeConnector extends AbstractConnector {
    // Instances that start together do not all go to the first.
    private next = Math.floor(Math.random() * nodes.length);

    constructor() {
      super(DISCONNECT_TIMEOUT_MS);
    }

    override connect(): Promise<Socket> {
      const node = nodes[this.next % nodes.length];
      if (node === undefined) return Promise.reject(new Error('No node of Redis is named'));
      this.next += 1;
      this.connecting = true;
      const stream = tls ? connectSecurely({ ...node, servername: node.host }) : connect(node);
      this.stream = stream;
      stream.once('error', (error: Error) => {
        this.firstError = error;
      });
      return Promise.resolve(stream);
    }
  };
}

/** As ioredis has it for its own: a connection that does not end by itself is cut. */
const DISCONNECT_TIMEOUT_MS = 2_000;
