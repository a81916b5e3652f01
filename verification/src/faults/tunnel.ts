import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;

/** What passes through a tunnel; answers `cut` to end the connection before the piece is handed on. */
export interface Inspector {
  fromClient(piece: Buffer): 'pass' | 'cut';
  fromServer(piece: Buffer): 'pass' | 'cut';
}

interface Pair {
  client: Socket;
  server: Socket;
}

/**
 * A TCP tunnel between two parts of the cluster that can be cut, reset or made silent from user space: what
 * iptables does on a machine where one may use it.
 */
export class Tunnel {
  private readonly pairs = new Set<Pair>();
  private silent = false;
  private refusing = false;
  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async open(targetHost: string, targetPort: number, inspect?: () => Inspector): Promise<Tunnel> {
    const server = createServer({ allowHalfOpen: false });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const tunnel = new Tunnel(server, (server.address() as AddressInfo).port);
    server.on('connection', (client) => {
      tunnel.join(client, targetHost, targetPort, inspect?.());
    });
    return tunnel;
  }

  get connections(): number {
    return this.pairs.size;
  }

  private join(client: Socket, host: string, port: number, inspector: Inspector | undefined): void {
    client.on('error', () => undefined);
    if (this.refusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host, port });
    const pair = { client, server };
    this.pairs.add(pair);
    client.setNoDelay(true);
    server.setNoDelay(true);
    const end = (): void => {
      this.pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    server.on('error', end);
    server.on('close', end);
    client.on('close', end);
    const pass = (from: Socket, to: Socket, look: ((piece: Buffer) => 'pass' | 'cut') | undefined): void => {
      from.on('data', (piece) => {
        if (look !== undefined && look(piece) === 'cut') {
          end();
          return;
        }
        if (!to.write(piece)) {
          from.pause();
          to.once('drain', () => {
            if (!this.silent) from.resume();
          });
        }
      });
    };
    pass(client, server, inspector && ((piece) => inspector.fromClient(piece)));
    pass(server, client, inspector && ((piece) => inspector.fromServer(piece)));
    if (this.silent) this.hush(pair);
  }

  private hush(pair: Pair): void {
    pair.client.pause();
    pair.server.pause();
  }

  /** Waits for a connection through it, so long at most. */
  async used(withinMs: number): Promise<void> {
    const end = performance.now() + withinMs;
    while (this.pairs.size === 0 && performance.now() < end) await pause(LOOK_EVERY_MS);
  }

  /** Nothing passes and nobody is told, as when packets are dropped. Returns how many connections it hit. */
  drop(): number {
    this.silent = true;
    for (const pair of this.pairs) this.hush(pair);
    return this.pairs.size;
  }

  /** Ends every connection with a reset and refuses new ones. Returns how many it hit. */
  reset(): number {
    this.refusing = true;
    return this.resetOnce();
  }

  /** Ends every connection with a reset; new ones pass. */
  resetOnce(): number {
    const hit = this.pairs.size;
    for (const pair of [...this.pairs]) {
      pair.client.resetAndDestroy();
      pair.server.resetAndDestroy();
      this.pairs.delete(pair);
    }
    return hit;
  }

  heal(): void {
    this.silent = false;
    this.refusing = false;
    for (const pair of this.pairs) {
      pair.client.resume();
      pair.server.resume();
    }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) =>
      this.server.close(() => {
        resolve();
      }),
    );
    this.resetOnce();
    await closed;
  }
}
