// What people do, through nginx: the page, sign-up, a chat over several instances, and the same while instances come, die and go.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { get } from 'node:http';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../../scripts/managed-process.mjs';
import { commands } from './commands.mjs';
import { Site } from './people.mjs';
import { Skipped, until } from './stack.mjs';

const RECOVERS_WITHIN_MS = 5_000;

/** What people use, once the stack is well: the certificate is the one that `setup` made. */
export async function openSite(stack) {
  const certificate = await stack.compose('exec', '-T', 'nginx', 'cat', '/run/tls/cert.pem');
  return new Site(stack.origin, certificate);
}

export async function servesTheWeb({ stack, state }) {
  const { site } = state;
  const certificate = new X509Certificate(site.ca);
  assert.equal(certificate.checkHost('localhost'), 'localhost');
  const page = await site.fetch('/', { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(page.status, 200);
  assert.equal(page.headers['content-encoding'], 'gzip');
  assert.match(page.headers['strict-transport-security'], /max-age=31536000/);
  assert.match(page.headers['content-security-policy'], /default-src 'self'/);
  const plain = await site.fetch('/');
  const [, script] = /src="(\/assets\/[^"]+\.js)"/.exec(plain.body) ?? [];
  const asset = await site.fetch(script, { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(asset.status, 200);
  assert.match(asset.headers['cache-control'], /immutable/);
  // Compressed beforehand, so nginx knows its length.
  assert.ok(Number(asset.headers['content-length']) > 0);
  assert.equal((await site.fetch('/metrics')).status, 404);
  const tooLarge = await site.fetch('/api/v1/auth/login', {
    method: 'POST',
    body: { x: 'x'.repeat(200_000) },
  });
  assert.equal(tooLarge.status, 413);
  assert.equal(tooLarge.body.error.code, 'PAYLOAD_TOO_LARGE');
  const redirect = await new Promise((resolve, reject) => {
    get(`http://localhost:${stack.ports.HTTP_PORT}/channels`, resolve).on('error', reject);
  });
  redirect.resume();
  assert.equal(redirect.statusCode, 308);
  assert.match(redirect.headers.location, /^https:\/\/localhost\/channels$/);
}

/** A line of each person, on different instances. */
async function linesApart(site, first, second) {
  const one = await site.connect(first);
  for (let tries = 0; tries < 40; tries += 1) {
    const other = await site.connect(second);
    if (other.instance !== one.instance) return [one, other];
    other.close();
  }
  throw new Error('40 connections were all on one instance');
}

export async function chatsOverReplicas({ state }) {
  const { site } = state;
  state.ann = await site.register('ann');
  state.bob = await site.register('bob');
  const conversation = await site.api(state.ann.token, 'POST', '/conversations', {
    kind: 'group',
    title: 'Operators',
    memberIds: [state.bob.user.id],
  });
  state.conversationId = conversation.id;
  const [ann, bob] = await linesApart(site, state.ann, state.bob);
  for (let n = 1; n <= 20; n += 1) {
    const from = n % 2 === 0 ? ann : bob;
    const ack = await from.send(conversation.id, `hello ${n}`);
    assert.equal(ack.ok, true, JSON.stringify(ack));
  }
  const wanted = Array.from({ length: 20 }, (_, index) => `hello ${index + 1}`);
  for (const line of [ann, bob]) {
    await line.until('all messages', () => wanted.every((text) => line.texts.includes(text)));
    assert.deepEqual(line.texts, wanted, 'each once, in order');
    // As every client does at its start.
    assert.equal((await line.socket.timeout(10_000).emitWithAck('sync', { conversations: {} })).ok, true);
    line.close();
  }
}

/** What Parley takes for the address of somebody who claims to be another. */
export async function addressTold(site, claimed) {
  const person = await site.register('cid', { 'x-forwarded-for': claimed });
  const { items } = await site.api(person.token, 'GET', '/auth/sessions');
  return items.find(({ current }) => current).ip;
}

/** Docker hands on what comes from this machine under the address that it has in that network. */
export async function gatewayOf({ engine, stack }) {
  const [network] = JSON.parse(await engine.docker('network', 'inspect', `${stack.project}_edge`));
  return network.IPAM.Config[0].Gateway;
}

export async function seesWhoAsks({ engine, stack, state }) {
  const [{ NetworkSettings }] = await stack.inspect('nginx');
  const ofNginx = Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress);
  const told = await addressTold(state.site, '203.0.113.7');
  assert.ok(!ofNginx.includes(told), `${told} is nginx's`);
  assert.equal(told, await gatewayOf({ engine, stack }));
}

export async function reachesTheFileStore({ state }) {
  const { status, body } = await state.site.fetch('/health/ready');
  assert.equal(status, 200);
  assert.equal(body.status, 'ready', JSON.stringify(body));
  assert.equal(body.dependencies.s3.state, 'up');
}

/** Ids of the instances that new connections reach. */
async function reached(site, person, connections) {
  const found = new Set();
  for (let n = 0; n < connections; n += 1) {
    const line = await site.connect(person);
    found.add(line.instance);
    line.close();
  }
  return found;
}

export async function noticesScale({ stack, state }) {
  const before = (await stack.inspect('nginx'))[0];
  const typed = commands(stack, 'docker compose up -d --no-recreate --scale backend=4');
  await stack.shell(typed.replace('backend=4', 'backend=3'));
  await stack.well();
  await until('a third instance', async () => (await reached(state.site, state.ann, 12)).size === 3, 20_000);
  const after = (await stack.inspect('nginx'))[0];
  assert.equal(after.State.StartedAt, before.State.StartedAt, 'nginx went on');
}

export async function survivesAKill({ engine, stack, state }) {
  const { site } = state;
  const bob = await site.connect(state.bob, { reconnection: true });
  const ann = await site.connect(state.ann, { reconnection: true });
  const victims = await stack.inspect('backend');
  const victim = await until(
    'the container of an instance',
    async () => {
      for (const { Id } of victims) {
        const health = await engine.docker('exec', Id, 'node', 'backend/image/check-health.mjs');
        if (health.includes(ann.instance)) return Id;
      }
      return null;
    },
    10_000,
  );
  const connects = ann.connects;
  await engine.docker('kill', victim);
  let slowest = 0;
  for (let n = 1; n <= 30; n += 1) {
    const { status, ms } = await site.fetch('/health');
    assert.equal(status, 200, `request ${n} after the kill`);
    slowest = Math.max(slowest, ms);
  }
  assert.ok(slowest < RECOVERS_WITHIN_MS, `the slowest request took ${Math.round(slowest)} ms`);
  await ann.until('a new connection', () => ann.connects > connects, RECOVERS_WITHIN_MS);
  const ack = await ann.send(state.conversationId, 'after the kill');
  assert.equal(ack.ok, true, JSON.stringify(ack));
  await bob.until('the message', () => bob.texts.includes('after the kill'));
  ann.close();
  bob.close();
  // Killed by hand, Docker leaves it; whoever did it starts it again.
  await engine.docker('start', victim);
  await stack.well();
  return `slowest request ${Math.round(slowest)} ms`;
}

export async function drains({ engine, stack, state }) {
  const { site } = state;
  const lines = [];
  for (let n = 0; n < 6; n += 1) lines.push(await site.connect(state.ann, { reconnection: true }));
  const [{ Id }] = await stack.inspect('backend');
  let failed = 0;
  let asked = 0;
  let stopping = true;
  const load = (async () => {
    while (stopping) {
      const { status } = await site.fetch('/health');
      asked += 1;
      if (status !== 200) failed += 1;
      await sleep(20);
    }
  })();
  const began = performance.now();
  await engine.docker('stop', Id);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  stopping = false;
  await load;
  const [{ State }] = JSON.parse(await engine.docker('inspect', Id));
  assert.equal(State.ExitCode, 0);
  assert.equal(failed, 0, `${failed} of ${asked} requests failed meanwhile`);
  for (const line of lines) {
    await line.until('a connection', () => line.socket.connected, RECOVERS_WITHIN_MS);
    line.close();
  }
  await engine.docker('start', Id);
  await stack.well();
  return `${seconds} s, ${asked} requests meanwhile`;
}

export async function keepsData({ stack, state }) {
  const secret = () => stack.compose('exec', '-T', 'backend', 'cat', '/run/secrets/access_token_secret');
  const before = await secret();
  const known = await state.site.history(state.ann, state.conversationId);
  await stack.compose('down');
  assert.deepEqual(await stack.inspect(), []);
  await stack.compose('up', '-d');
  await stack.well();
  assert.equal(await secret(), before);
  // The token of before still counts, and so does the password.
  assert.deepEqual(await state.site.history(state.ann, state.conversationId), known);
  const again = await state.site.logIn(state.bob);
  assert.equal(again.user.id, state.bob.user.id);
}

/** k6 where it is; it is a large build, so it is made only where asked for. */
function findK6(work) {
  const made = join(work, 'k6', 'k6');
  if (existsSync(made)) return made;
  return spawnSync('k6', ['version']).status === 0 ? 'k6' : null;
}

export async function passesTheLoadTest({ engine, stack }) {
  const k6 = findK6(engine.work);
  if (k6 === null) throw new Skipped('there is no k6 here; --long builds it');
  const folder = join(engine.work, 'k6-report');
  mkdirSync(folder, { recursive: true });
  // The ports are others than those that it looks at by itself.
  const variables = {
    SCENARIO: 'smoke',
    BASE_URL: stack.origin,
    REPORT_DIR: folder,
    K6_INSECURE_SKIP_TLS_VERIFY: 'true',
    K6_NO_USAGE_REPORT: 'true',
  };
  const settings = Object.entries(variables).map(([name, value]) => `${name}='${value}' `);
  // It judges by its own limits, and ends with another code than 0 where one is not kept.
  await stack.shell(settings.join('') + commands(stack, 'k6 run load-test.js').replace('k6', k6));
  const summary = JSON.parse(readFileSync(join(folder, 'load-test-report.json'), 'utf8'));
  assert.equal(summary.passed, true);
  return `${k6 === 'k6' ? '' : 'built here; '}all limits kept`;
}
