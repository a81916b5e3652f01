import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { acceptInBatches } from './accept-in-batches.js';

const BACKLOG = 511;

describe('a server that accepts in batches', () => {
  const servers: Server[] = [];
  const clients: Socket[] = [];

  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  async function start(): Promise<{ server: Server; port: number }> {
    const server = createServer((_request, response) => response.end('served'));
    servers.push(server);
    server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG });
    await once(server, 'listening');
    return { server, port: (server.address() as AddressInfo).port };
  }

  /** Connects so many at once, and counts how many the server takes in each turn of the event loop. */
  async function acceptedByTurn(server: Server, port: number, count: number): Promise<number[]> {
    const turns: number[] = [];
    let turn = 0;
    server.on('connection', () => (turn += 1));
    for (let number = 0; number < count; number += 1) clients.push(connect(port, '127.0.0.1'));
    while (turns.reduce((sum, accepted) => sum + accepted, 0) < count) {
      await new Promise((resolve) => setImmediate(resolve));
      if (turn > 0) turns.push(turn);
      turn = 0;
    }
    return turns;
  }

  it('takes as many a turn as it was told, where Node takes one', async () => {
    const { server, port } = await start();
    expect(Math.max(...(await acceptedByTurn(server, port, 24)))).toBe(1);
    const other = await start();
    await acceptInBatches(other.server, 8, BACKLOG);
    expect(await acceptedByTurn(other.server, other.port, 24)).toEqual([8, 8, 8]);
  });

  it('serves what each of its handles accepts', async () => {
    const { server, port } = await start();
    await acceptInBatches(server, 4, BACKLOG);
    const answers = await Promise.all(
      Array.from({ length: 16 }, () =>
        fetch(`http://127.0.0.1:${String(port)}/`).then((answer) => answer.text()),
      ),
    );
    expect(answers).toEqual(Array.from({ length: 16 }, () => 'served'));
  });

  it('is closed with all of them', async () => {
    const { server, port } = await start();
    await acceptInBatches(server, 4, BACKLOG);
    server.close();
    await once(server, 'close');
    const late = connect(port, '127.0.0.1');
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('goes on as before where there is nothing to duplicate', async () => {
    const server = createServer();
    await expect(acceptInBatches(server, 4, BACKLOG)).rejects.toThrow();
  });
});
