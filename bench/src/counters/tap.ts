import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** Sees what passes in one direction of one connection, in the pieces in which it comes. */
export type Listener = (piece: Buffer) => void;

export interface Listeners {
  readonly toServer: Listener;
  readonly toClient: Listener;
}

/** Stands between a program and a service and listens: what it counts is what really went over the wire. */
export class Tap {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly port: number,
  ) {}

  /** `listenersOf` is called once a connection. */
  static async open(url: string, listenersOf: () => Listeners): Promise<Tap> {
    const { hostname, port } = new URL(url);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const tap = new Tap(server, (server.address() as AddressInfo).port);
    server.on('connection', (client) => tap.join(client, connect(Number(port), hostname), listenersOf()));
    return tap;
  }

  private join(client: Socket, service: Socket, { toServer, toClient }: Listeners): void {
    for (const [from, to, listener] of [
      [client, service, toServer],
      [service, client, toClient],
    ] as const) {
      this.sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (piece: Buffer) => {
        listener(piece);
        to.write(piece);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }

  /** The address of the service with the tap before it. */
  before(url: string): string {
    const through = new URL(url);
    through.hostname = '127.0.0.1';
    through.port = String(this.port);
    return through.href;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
