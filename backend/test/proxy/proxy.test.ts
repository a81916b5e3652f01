import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders, Server } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ROOT, freePorts } from '../../../scripts/places.mjs';
import type { StartableProxy } from '../../../scripts/proxy.mjs';
import { makeProxy } from '../../../scripts/proxy.mjs';
import { Connection } from '../_support/api.js';
import type { Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

/** Everything from here is limited but for one, so that a limit is met without leaving this machine. */
const OFFICE = '127.0.0.2';
const NEIGHBOUR = '127.0.0.3';
const UNLIMITED = '127.0.0.4';

const SCRIPT = `console.log(${JSON.stringify('parley '.repeat(400))});\n`;
const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

function ask(
  url: string,
  options: {
    from?: string;
    method?: string;
    headers?: Record<string, string>;
    body?: string;
  } = {},
): Promise<Answer> {
  const { from = '127.0.0.1', body, ...rest } = options;
  return new Promise((resolve, reject) => {
    const call = request(url, { localAddress: from, ...rest }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    call.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: 101, headers: response.headers, body: Buffer.alloc(0) });
    });
    call.on('error', reject);
    call.end(body);
  });
}

const PIPELINED = 500;

/** So many requests, in a hurry, from one address; what is answered, each with its head and body as sent. */
async function rush(url: string, from: string, count: number): Promise<string[]> {
  const answers: string[] = [];
  while (answers.length < count) answers.push(...(await pipelined(new URL(url), from)));
  return answers;
}

/** On one connection, without waiting for answers: the cost of a client must not decide how fast it is. */
function pipelined({ hostname, port, pathname, search }: URL, from: string): Promise<string[]> {
  const head = `GET ${pathname}${search} HTTP/1.1\r\nHost: parley.test\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), localAddress: from });
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (piece: string) => {
      text += piece;
    });
    socket.on('end', () => {
      socket.destroy();
      resolve(text.split(/(?=HTTP\/1\.1 \d{3} )/));
    });
    socket.on('error', reject);
    socket.write(`${head}\r\n`.repeat(PIPELINED - 1) + `${head}Connection: close\r\n\r\n`);
  });
}

const refused = (answers: readonly string[]): string[] =>
  answers.filter((answer) => answer.startsWith('HTTP/1.1 429 '));

describe('the shipped nginx.conf', () => {
  let folder: string;
  let installation: Installation;
  let proxy: StartableProxy;
  /** An instance that leaves: 503 for every upgrade. */
  let leaving: Server;
  let leavingAsked = 0;
  let addresses: { first: string; second: string; leaving: string; dead: string };
  let people: [Person, Person];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-proxy-'));
    // nginx's workers are another account where root starts it.
    chmodSync(folder, 0o755);
    const web = join(folder, 'web');
    mkdirSync(join(web, 'assets'), { recursive: true });
    writeFileSync(join(web, 'index.html'), '<!doctype html><title>Parley</title>');
    writeFileSync(join(web, 'assets', 'app-1a2b.js'), SCRIPT);
    execFileSync(process.execPath, [join(ROOT, 'frontend', 'image', 'compress.mjs'), web]);

    leaving = createServer((_, response) => response.writeHead(503).end());
    leaving.on('upgrade', (_, socket) => {
      leavingAsked += 1;
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    });
    await new Promise<void>((resolve) => leaving.listen(0, '127.0.0.1', resolve));
    installation = await Installation.start([{}, {}]);
    const [port, dead] = (await freePorts(2)) as [number, number];
    addresses = {
      first: new URL(installation.api(0).baseUrl).host,
      second: new URL(installation.api(1).baseUrl).host,
      leaving: `127.0.0.1:${String((leaving.address() as AddressInfo).port)}`,
      dead: `127.0.0.1:${String(dead)}`,
    };
    proxy = makeProxy({
      dataDir: folder,
      port,
      logFile: join(folder, 'nginx.log'),
      backends: [addresses.first],
      s3Url: 'http://files.test',
      values: { WEB_ROOT: web, UNLIMITED: `${UNLIMITED}/32` },
    });
    await proxy.start();
    people = (await installation.people('anna', 'bob')) as [Person, Person];
  });
  afterAll(async () => {
    await proxy.terminate();
    await installation.stop();
    await new Promise((resolve) => leaving.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  it('guards every answer with the same headers, and lets only what has a hash in its name be kept', async () => {
    const script = await ask(`${proxy.url}/assets/app-1a2b.js`, { headers: { 'accept-encoding': 'gzip' } });
    const page = await ask(`${proxy.url}/channels/some`);
    const missing = await ask(`${proxy.url}/assets/app-gone.js`);
    const api = await ask(`${proxy.url}/api/v1/users/me`);
    expect([script.status, page.status, missing.status, api.status]).toEqual([200, 200, 404, 401]);
    for (const { headers } of [script, page, missing, api]) {
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringContaining("default-src 'self'") as string,
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
      });
      expect(headers).not.toHaveProperty('set-cookie');
      expect(headers).not.toHaveProperty('retry-after');
    }
    expect(script.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'text/javascript',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    expect(page.headers['cache-control']).toBe('no-cache');
    expect(missing.headers).not.toHaveProperty('cache-control');
    // For an nginx with the module for it.
    const brotli = await ask(`${proxy.url}/assets/app-1a2b.js.br`);
    expect(brotliDecompressSync(brotli.body).toString()).toBe(SCRIPT);
  });

  it('hands out a cookie for the way to long polling alone', async () => {
    const polling = await ask(`${proxy.url}/socket.io/?EIO=4&transport=polling`);
    expect(polling.headers['set-cookie']?.[0]).toMatch(/^parley_route=.+HttpOnly/);
    expect(polling.headers).toHaveProperty('content-security-policy');
    const again = await ask(`${proxy.url}/socket.io/?EIO=4&transport=polling`, {
      headers: { cookie: polling.headers['set-cookie']?.[0]?.split(';')[0] ?? '' },
    });
    expect(again.headers).not.toHaveProperty('set-cookie');
    const socket = await ask(`${proxy.url}/socket.io/?EIO=4&transport=websocket`, { headers: UPGRADE });
    expect(socket.status).toBe(101);
    expect(socket.headers).not.toHaveProperty('set-cookie');
  });

  it('keeps figures inside, and large bodies outside', async () => {
    expect((await ask(`${proxy.url}/metrics`)).status).toBe(404);
    const large = await ask(`${proxy.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ x: 'x'.repeat(200_000) }),
    });
    expect(large.status).toBe(413);
    expect(JSON.parse(large.body.toString())).toMatchObject({ error: { code: 'PAYLOAD_TOO_LARGE' } });
  });

  describe('with nothing behind it that could be slow', () => {
    const answered = (): Promise<number> => ask(`${proxy.url}/api/v1/users/me`).then(({ status }) => status);

    beforeAll(async () => {
      proxy.reload([addresses.dead]);
      await vi.waitUntil(async () => (await answered()) === 503, { timeout: 10_000 });
    });
    afterAll(async () => {
      proxy.reload([addresses.first]);
      await vi.waitUntil(async () => (await answered()) === 401, { timeout: 10_000 });
    });

    it.each([
      { way: 'signing in', path: '/api/v1/auth/none', atOnce: 600 },
      { way: 'the API', path: '/api/v1/none', atOnce: 2_000 },
      { way: 'handshakes', path: '/socket.io/?EIO=4&transport=polling', atOnce: 2_000 },
    ])('limits $way by address, and nobody else for it', async ({ path, atOnce }) => {
      const url = proxy.url + path;
      const answers = await rush(url, OFFICE, 2 * atOnce);
      expect(answers.length - refused(answers).length).toBeGreaterThanOrEqual(atOnce);
      const [head = '', body = ''] = (refused(answers)[0] ?? '').split('\r\n\r\n');
      expect(head).toMatch(/^Retry-After: 1$/m);
      expect(head).toMatch(/^Content-Type: application\/json$/m);
      expect(head).toMatch(/^X-Content-Type-Options: nosniff$/m);
      expect(JSON.parse(body)).toMatchObject({
        error: { code: 'RATE_LIMITED', retryable: true, retryAfterMs: 1_000, limit: 'address' },
      });
      expect(refused(await rush(url, NEIGHBOUR, PIPELINED))).toEqual([]);
      expect(refused(await rush(url, UNLIMITED, answers.length))).toEqual([]);
    });
  });

  it('answers what it can not read with the error object, and lets 200 ids through', async () => {
    const address = `${proxy.url}/api/v1/users/presence`;
    const ids = Array.from({ length: 200 }, () => `ids=${randomUUID()}`).join('&');
    const [person] = people;
    const known = await ask(`${address}?${ids}`, { headers: { authorization: `Bearer ${person.token}` } });
    expect([known.status, known.body.toString()]).toEqual([200, '{"items":[]}']);
    for (const [path, headers, status, code] of [
      ['/api/%zz', {}, 400, 'VALIDATION_FAILED'],
      [`/api/v1/users?query=${'x'.repeat(17_000)}`, {}, 413, 'PAYLOAD_TOO_LARGE'],
      ['/api/v1/users', { 'x-large': 'x'.repeat(17_000) }, 413, 'PAYLOAD_TOO_LARGE'],
    ] as const) {
      const answer = await ask(`${proxy.url}${path}`, { headers: { ...headers } });
      expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/json' } });
      expect(JSON.parse(answer.body.toString())).toMatchObject({ error: { code, retryable: false } });
    }
  });

  it('leaves out instances that are dead or leaving, whatever is asked', async () => {
    proxy.reload([addresses.dead, addresses.leaving, addresses.first]);
    // Reached with the new configuration alone. Every try ends at the one that lives.
    await expect
      .poll(
        async () => {
          expect((await upgrade()).status).toBe(101);
          expect((await ask(`${proxy.url}/api/v1/users/me`)).status).toBe(401);
          return leavingAsked;
        },
        { interval: 20, timeout: 10_000 },
      )
      .toBeGreaterThan(0);
  });

  it('takes one more instance by a reload: sockets stay where they are, new ones reach it too', async () => {
    proxy.reload([addresses.first]);
    const [anna, bob] = people;
    const conversation = await installation.start(anna, [bob]);
    const annas = await connectTo(anna, await instanceOf(0));
    proxy.reload([addresses.first, addresses.second]);
    const bobs = await connectTo(bob, await instanceOf(1));
    await bobs.command('message:send', {
      conversationId: conversation.id,
      clientMessageId: 'after-the-reload',
      text: 'do you still hear me?',
    });
    await annas.next('changes', ({ messages }) =>
      messages.some(({ text }) => text?.includes('still') ?? false),
    );
    expect(annas.socket.connected).toBe(true);
    for (const connection of [annas, bobs]) connection.close();
  });

  const upgrade = (): Promise<Answer> =>
    ask(`${proxy.url}/socket.io/?EIO=4&transport=websocket`, { headers: UPGRADE });

  /** As the instance calls itself to a socket. */
  async function instanceOf(index: number): Promise<string> {
    const direct = await Connection.as(installation.api(index).baseUrl, people[0]);
    const { instanceId } = await direct.next('ready');
    direct.close();
    return instanceId;
  }

  /** New connections through nginx until one is there. */
  async function connectTo(person: Person, instanceId: string): Promise<Connection> {
    for (let tries = 0; tries < 100; tries += 1) {
      const connection = await Connection.as(proxy.url, person);
      if ((await connection.next('ready')).instanceId === instanceId) return connection;
      connection.close();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('No connection reached the instance');
  }
});
