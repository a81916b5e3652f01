import { SOCKET_PATH } from '@parley/protocol';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Publisher } from '../../src/realtime/publisher.js';
import { Api } from '../_support/api.js';
import type { Person } from '../_support/api.js';
import type { StartedApp } from '../_support/start-app.js';
import { startApp } from '../_support/start-app.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';

describe('long polling, where it is switched on', () => {
  let database: TestDatabase;
  let started: StartedApp;
  let ann: Person;
  let eve: Person;

  beforeAll(async () => {
    database = await createTestDatabase();
    started = await startApp({ databaseUrl: database.url, environment: { SOCKET_POLLING: 'true' } });
    const api = new Api(started.baseUrl);
    [ann, eve] = await Promise.all([api.register(), api.register()]);
  });
  afterAll(async () => {
    await started.close();
    await database.drop();
  });

  it('works with the token in each request, and the id of a connection opens nothing without it', async () => {
    const socket = io(started.baseUrl, {
      path: SOCKET_PATH,
      transports: ['polling'],
      auth: { token: ann.token, protocol: 1 },
      extraHeaders: { authorization: `Bearer ${ann.token}` },
      reconnection: false,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('ready', () => {
        resolve();
      });
      socket.once('connect_error', reject);
    });
    const sid = socket.io.engine.id;
    const address = `${started.baseUrl}${SOCKET_PATH}/?EIO=4&transport=polling&sid=${sid}`;
    for (const headers of [{}, { authorization: `Bearer ${eve.token}` }] as Record<string, string>[]) {
      expect((await fetch(address, { headers })).status).toBe(401);
      expect((await fetch(address, { method: 'POST', headers, body: '42["typing:start",{}]' })).status).toBe(
        401,
      );
    }
    const websocket = new WebSocketProbe(address.replace('polling', 'websocket'));
    expect(await websocket.outcome()).toBe('refused');

    const received = new Promise((resolve) => socket.once('resync', resolve));
    started.app.get(Publisher).toUser(ann.user.id, 'resync', { spreadMs: 3 });
    expect(await received).toEqual({ spreadMs: 3 });
    socket.close();
  });

  it('does not begin without a token', async () => {
    expect((await fetch(`${started.baseUrl}${SOCKET_PATH}/?EIO=4&transport=polling`)).status).toBe(401);
  });
});

/** Tries to take a polling connection over by an upgrade to WebSocket. */
class WebSocketProbe {
  constructor(private readonly address: string) {}

  async outcome(): Promise<'refused' | 'taken'> {
    const { request } = await import('node:http');
    return new Promise((resolve, reject) => {
      const call = request(this.address, {
        headers: {
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        },
      });
      call.on('response', (response) => {
        response.resume();
        resolve('refused');
      });
      call.on('upgrade', (_response, socket) => {
        // A taken probe is answered with `3probe`; a refused one is closed.
        socket.write(Buffer.from([0x81, 0x86, 0, 0, 0, 0, ...Buffer.from('2probe')]));
        socket.once('data', (data: Buffer) => {
          socket.destroy();
          resolve(data.includes('3probe') ? 'taken' : 'refused');
        });
        socket.once('close', () => {
          resolve('refused');
        });
      });
      call.on('error', reject);
      call.end();
    });
  }
}
