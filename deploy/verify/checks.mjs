// What must hold of the running stack, each by looking at it from outside: through nginx, in Prometheus, or as Docker sees it.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { sleep } from '../../scripts/managed-process.mjs';
import { replacesOneAfterTheOther, restoresABackup, tellsTheGrafanaPassword } from './documented.mjs';
import { Site } from './people.mjs';
import { until } from './stack.mjs';

const RECOVERS_WITHIN_MS = 5_000;
const nameOf = ({ Name }) => Name.slice(1);

/** [name, check] in the order in which they run; each gets { engine, stack, state }. */
export const CHECKS = [
  ['npx prisma migrate deploy, with PostgreSQL alone in reach', migratesWithoutNetwork],
  ['no container may more than it needs', hasFewRights],
  ['databases have no way out and no port', keepsDatabasesInside],
  ['every container has limits, rotated logs, health', hasLimits],
  ['HTTPS, headers, compressed files; no figures outside', servesTheWeb],
  ['sign-up, and a chat over two replicas', chatsOverReplicas],
  ['one connection is one file store, one bucket', reachesTheFileStore],
  ['--scale backend=3 is noticed without a reload', noticesScale],
  ['a killed replica is left at once, nothing is lost', survivesAKill],
  ['a replica told to stop drains and ends with 0', drains],
  ['Prometheus sees every target; every rule works', seesEveryTarget],
  ['all instances are replaced under load, nothing is lost', replacesOneAfterTheOther],
  ['the password of Grafana is where the page says', tellsTheGrafanaPassword],
  ['each panel asks for something that is there', panelsHaveData],
  ['every alert has its section in the runbook', alertsHaveRunbooks],
  ['an alert fires for a real fault, and resolves', alertFires],
  ['down and up keep accounts, messages and secrets', keepsData],
  ['a backup is made and restored as the page says', restoresABackup],
  ['no secret stands in a log or in docker inspect', keepsSecrets],
];

async function migratesWithoutNetwork({ engine, stack }) {
  const out = await stack.compose('exec', '-T', 'backend', 'npx', 'prisma', 'migrate', 'deploy');
  assert.match(out, /No pending migrations/);
  const alone = await engine.docker(
    ...[
      'run',
      '--rm',
      '--read-only',
      '--tmpfs',
      '/tmp',
      '--cap-drop',
      'ALL',
      '--network',
      `${stack.project}_data`,
    ],
    ...[
      '-v',
      `${stack.project}_secrets-server:/run/secrets:ro`,
      '-e',
      'DATABASE_URL_FILE=/run/secrets/database_url',
    ],
    ...['parley-backend:latest', 'npx', 'prisma', 'migrate', 'status'],
  );
  assert.match(alone, /Database schema is up to date/);
}

async function hasFewRights({ engine, stack }) {
  for (const container of await stack.inspect()) {
    const { HostConfig, State } = container;
    const name = nameOf(container);
    assert.equal(HostConfig.ReadonlyRootfs, true, `${name}: read-only`);
    assert.deepEqual(HostConfig.CapDrop, ['ALL'], `${name}: capabilities`);
    assert.ok(HostConfig.SecurityOpt.includes('no-new-privileges:true'), `${name}: no-new-privileges`);
    assert.equal(HostConfig.Privileged, false, name);
    if (!State.Running) continue;
    const status = readFileSync(`/proc/${State.Pid}/status`, 'utf8');
    // The entrypoint of PostgreSQL gives its rights up itself, by changing the account.
    assert.equal(
      /^CapEff:\s+(\w+)/m.exec(status)?.[1],
      '0000000000000000',
      `${name}: effective capabilities`,
    );
  }
  for (const service of ['backend', 'worker']) {
    const [{ Id }] = await stack.inspect(service);
    const who = await engine.docker('exec', Id, 'node', '-p', 'process.getuid()');
    assert.equal(who.trim(), '1000', service);
    await assert.rejects(engine.docker('exec', Id, 'node', '-e', 'fs.writeFileSync("/app/x", "")'), /EROFS/);
  }
}

async function keepsDatabasesInside({ stack }) {
  for (const service of ['postgres', 'redis', 'redis-jobs', 's3']) {
    const [{ State, HostConfig, NetworkSettings }] = await stack.inspect(service);
    assert.deepEqual(Object.keys(HostConfig.PortBindings ?? {}), [], `${service}: published ports`);
    assert.deepEqual(Object.keys(NetworkSettings.Networks), [`${stack.project}_data`], service);
    const routes = readFileSync(`/proc/${State.Pid}/net/route`, 'utf8').trim().split('\n').slice(1);
    assert.ok(
      routes.every((line) => line.split('\t')[1] !== '00000000'),
      `${service}: a default route`,
    );
  }
  for (const service of ['prometheus', 'grafana', 'alertmanager']) {
    const [{ HostConfig }] = await stack.inspect(service);
    for (const [{ HostIp }] of Object.values(HostConfig.PortBindings))
      assert.equal(HostIp, '127.0.0.1', service);
  }
}

async function hasLimits({ stack }) {
  // Its image holds nothing that could ask it.
  const unasked = new Set([`${stack.project}-nginx-exporter-1`]);
  for (const container of await stack.inspect()) {
    const { HostConfig, Config } = container;
    const name = nameOf(container);
    assert.ok(
      HostConfig.Memory > 0 && HostConfig.NanoCpus > 0 && HostConfig.PidsLimit > 0,
      `${name}: limits`,
    );
    assert.ok(HostConfig.LogConfig.Config['max-size'], `${name}: logs`);
    if (HostConfig.RestartPolicy.Name !== 'no' && !unasked.has(name)) {
      assert.ok(Config.Healthcheck?.Test?.length > 0, `${name}: health check`);
    }
  }
}

async function servesTheWeb({ stack, state }) {
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

async function chatsOverReplicas({ state }) {
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
    line.close();
  }
}

async function reachesTheFileStore({ state }) {
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

async function noticesScale({ stack, state }) {
  const before = (await stack.inspect('nginx'))[0];
  await stack.compose('up', '-d', '--no-recreate', '--no-deps', '--scale', 'backend=3', 'backend');
  await stack.well();
  await until('a third instance', async () => (await reached(state.site, state.ann, 12)).size === 3, 20_000);
  const after = (await stack.inspect('nginx'))[0];
  assert.equal(after.State.StartedAt, before.State.StartedAt, 'nginx went on');
}

async function survivesAKill({ engine, stack, state }) {
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

async function drains({ engine, stack, state }) {
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

async function seesEveryTarget({ stack }) {
  const wanted = {
    'parley-api': 3,
    'parley-worker': 1,
    postgres: 1,
    redis: 2,
    nginx: 1,
    node: 1,
    prometheus: 1,
    alertmanager: 1,
  };
  const count = async () => {
    const found = {};
    const { activeTargets } = await stack.prometheus('targets', { state: 'active' });
    for (const { labels, health } of activeTargets) {
      if (health === 'up') found[labels.job] = (found[labels.job] ?? 0) + 1;
    }
    return found;
  };
  await until(
    `targets ${JSON.stringify(wanted)}`,
    async () => {
      const found = await count();
      return Object.entries(wanted).every(([job, number]) => found[job] === number);
    },
    40_000,
  );
  const { groups } = await stack.prometheus('rules');
  const rules = groups.flatMap((group) => group.rules);
  assert.ok(rules.length > 20);
  for (const { name, health, lastError } of rules) assert.equal(health, 'ok', `${name}: ${lastError}`);
  // A name that no process writes can never fire.
  const { length } = await metricsThatAreMissing(
    stack,
    rules.map(({ query }) => query),
  );
  assert.equal(length, 0);
}

/** Names of metrics in these expressions that Prometheus has never seen. */
async function metricsThatAreMissing(stack, expressions) {
  const known = new Set(await stack.prometheus('label/__name__/values'));
  const names = new Set(
    expressions.flatMap(
      (text) => text.match(/\b(parley|nodejs|process|pg|redis|nginx|node)_[a-z0-9_]+\b/g) ?? [],
    ),
  );
  // What counts labelled events exists from the first event on.
  const documented = new Set([
    'parley_rate_limits_hit_total',
    'parley_redis_errors_total',
    'parley_handshakes_refused_total',
    // Grouped by what runs; there is none while nothing is that long.
    'pg_long_running_transactions_oldest_timestamp_seconds',
  ]);
  const missing = [...names].filter((name) => !known.has(name) && !documented.has(name));
  assert.deepEqual(missing, [], 'metrics that do not exist');
  return missing;
}

async function panelsHaveData({ stack }) {
  const folder = join(stack.folder, 'deploy/grafana/dashboards');
  const panels = readdirSync(folder).flatMap(
    (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).panels,
  );
  let asked = 0;
  for (const { title, targets = [] } of panels) {
    for (const { expr } of targets) {
      // A rate is there after two scrapes and a run of the rules.
      await until(
        `${title}: ${expr}`,
        async () => (await stack.prometheus('query', { query: expr })).result.length > 0,
        60_000,
      );
      asked += 1;
    }
  }
  return `${asked} queries`;
}

function alertsHaveRunbooks({ stack }) {
  const rules = readFileSync(join(stack.folder, 'deploy/prometheus/rules/alerts.rules.yml'), 'utf8');
  const runbook = readFileSync(join(stack.folder, 'docs/runbook.md'), 'utf8');
  const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  const sections = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
  assert.deepEqual(sections, alerts);
  const links = [...rules.matchAll(/runbook_url: docs\/runbook\.md#(\w+)/g)].map(([, name]) => name);
  assert.deepEqual(
    links,
    alerts.map((name) => name.toLowerCase()),
  );
}

async function alertFires({ stack, state }) {
  const port = stack.ports.ALERTMANAGER_PORT;
  const firing = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v2/alerts?active=true`);
    return (await answer.json()).map(({ labels }) => `${labels.alertname} ${labels.use ?? ''}`.trim());
  };
  assert.deepEqual(await firing(), [], 'nothing fires while all is well');
  await stack.compose('stop', 'redis');
  const began = performance.now();
  await until('RedisDown', async () => (await firing()).includes('RedisDown cache'), 120_000);
  const seconds = Math.round((performance.now() - began) / 1000);
  // Meanwhile people chat on.
  const line = await state.site.connect(state.ann);
  const ack = await line.send(state.conversationId, 'without Redis');
  assert.equal(ack.ok, true, JSON.stringify(ack));
  line.close();
  await stack.compose('start', 'redis');
  await until('the end of RedisDown', async () => !(await firing()).includes('RedisDown cache'), 120_000);
  await stack.well();
  return `after ${seconds} s`;
}

async function keepsData({ stack, state }) {
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

async function keepsSecrets({ engine, stack }) {
  const read = async (service, names) => {
    const texts = await Promise.all(
      names.map((name) => stack.compose('exec', '-T', service, 'cat', `/run/secrets/${name}`)),
    );
    return texts.map((text) => text.trim());
  };
  const secrets = [
    ...(await read('backend', ['database_url', 'redis_url', 's3_secret_access_key', 'access_token_secret'])),
    ...(await read('redis', ['redis_password', 'redis_jobs_password'])),
  ];
  assert.ok(secrets.every((text) => text.length >= 32));
  const logs = await stack.compose('logs', '--no-color');
  const ids = (await stack.inspect()).map(({ Id }) => Id);
  const inspected = await engine.docker('inspect', ...ids);
  for (const [index, text] of secrets.entries()) {
    assert.ok(!logs.includes(text), `secret ${index} stands in a log`);
    assert.ok(!inspected.includes(text), `secret ${index} stands in docker inspect`);
  }
}

/** What people use, once the stack is well: the certificate is the one that `setup` made. */
export async function openSite(stack) {
  const certificate = await stack.compose('exec', '-T', 'nginx', 'cat', '/run/tls/cert.pem');
  return new Site(stack.origin, certificate);
}
