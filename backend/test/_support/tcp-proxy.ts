import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** Stands between an instance and a service, to cut or freeze the way without touching the service. */
export interface TcpProxy {
  /** The service's address with the proxy's port. */
  readonly url: string;
  /** Connections that were opened to it so far. */
  readonly opened: number;
  /** Breaks all connections and refuses new ones. */
  cut: () => void;
  /** Keeps connections open and passes nothing on. */
  freeze: () => void;
  /**
   * The next statement that holds the text is done, and the connection cut before its answer arrives. Whoever connects
   * again gets through, or `cut`: nobody does until `heal`.
   */
  loseAnswerTo: (text: string, then?: 'open' | 'cut') => void;
  /** Back to passing on. */
  heal: () => void;
  close: () => Promise<void>;
}

export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  let state: 'open' | 'cut' | 'frozen' = 'open';
  const sockets = new Set<Socket>();
  let opened = 0;
  let lost: string | undefined;
  let afterLoss: 'open' | 'cut' = 'open';

  const server = createServer((downstream) => {
    opened += 1;
    if (state === 'cut') {
      downstream.destroy();
      return;
    }
    const upstream = connect(Number(port), hostname);
    let isCutByAnswer = false;
    downstream.on('data', (chunk) => {
      if (lost === undefined || !chunk.includes(lost)) return;
      lost = undefined;
      isCutByAnswer = true;
    });
    // Listens before what passes the answer on.
    upstream.on('data', () => {
      if (!isCutByAnswer) return;
      state = afterLoss;
      downstream.destroy();
    });
    for (const [from, to] of [
      [downstream, upstream],
      [upstream, downstream],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => {
        if (!to.destroyed && !to.write(chunk)) from.pause();
      });
      to.on('drain', () => {
        if (state === 'open') from.resume();
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (state === 'frozen') from.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    get opened() {
      return opened;
    },
    cut() {
      state = 'cut';
      for (const socket of sockets) socket.destroy();
    },
    freeze() {
      state = 'frozen';
      for (const socket of sockets) socket.pause();
    },
    loseAnswerTo(text, then = 'open') {
      lost = text;
      afterLoss = then;
    },
    heal() {
      state = 'open';
      for (const socket of sockets) socket.resume();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
