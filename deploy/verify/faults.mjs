// Real faults, and whether people on call hear of them: through Prometheus and Alertmanager at a webhook, and of the end of them too.
import assert from 'node:assert/strict';
import { until } from './stack.mjs';

/** Name of the container that stands for the program that wakes people up. */
export const RECEIVER = 'parley-verify-receiver';
/** Not one of the images that compose built: those count as parts of the project. */
const NODE_IMAGE = 'node:24-trixie-slim';
/** A fault that lasts 60 s, asked for every 10 s and grouped for up to 30 s. */
const HEARD_WITHIN_MS = 180_000;
/** The window of the recording rule. */
const LASTING_MS = 120_000;
/** The longest window that an alert of these faults looks back over (`ParleyBusDropped`): it ends no sooner than that after the fault. */
const LOOKED_BACK_MS = 300_000;

const PROGRAM = `require('node:http').createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += chunk)).on('end', () => { response.end(); console.log(body); });
}).listen(8080)`;

export async function startReceiver({ engine, stack }) {
  await engine.docker('rm', '-f', RECEIVER).catch(() => undefined);
  const options = [
    '-d',
    '--name',
    RECEIVER,
    '--network',
    `${stack.project}_monitoring`,
    '--entrypoint',
    'node',
  ];
  await engine.docker('run', ...options, NODE_IMAGE, '-e', PROGRAM);
}

/** What was posted: the alerts with their status, oldest first. */
async function heard(engine) {
  const posts = (await engine.docker('logs', RECEIVER)).split('\n').filter(Boolean);
  return posts.flatMap((text) => JSON.parse(text).alerts);
}

async function firing(stack) {
  const answer = await fetch(`http://127.0.0.1:${stack.ports.ALERTMANAGER_PORT}/api/v2/alerts?active=true`);
  return (await answer.json()).map(({ labels }) => labels.alertname);
}

/** Until the webhook has this of an alert, after so many; answers what it was told. */
function untilHeard(engine, name, status, since = 0) {
  return until(
    `${name} ${status} at the webhook`,
    async () =>
      (await heard(engine))
        .slice(since)
        .findLast(({ labels, ...alert }) => labels.alertname === name && alert.status === status),
    HEARD_WITHIN_MS,
  );
}

/** Everything that a person needs who was woken up. */
function tellsWhereToLook({ labels, annotations }) {
  const name = labels.alertname;
  assert.ok(annotations.summary.length > 20, name);
  for (const link of [annotations.dashboard_url, annotations.runbook_url])
    assert.match(link, /^https?:\/\/[^/]+\/d\/parley-[a-z]+\?viewPanel=\d+$/, name);
}

async function quiet(stack) {
  const withinMs = HEARD_WITHIN_MS + LOOKED_BACK_MS;
  await until('no alert', async () => (await firing(stack)).length === 0, withinMs).catch(async (error) => {
    throw new Error(`${error.message}: ${(await firing(stack)).join(', ')}`, { cause: error });
  });
}

export async function faultsAreAlerted({ engine, stack, state }) {
  await quiet(stack);
  // All was made anew a moment ago, Prometheus too: it forgets those of before, and misses only who ran for two minutes.
  const lasting = async (job) =>
    (await stack.prometheus('query', { query: `job:parley_up:min2m{job="${job}"}` })).result[0]?.value[1];
  await until(
    'three instances and a worker for two minutes',
    async () => (await lasting('parley-api')) === '3' && (await lasting('parley-worker')) === '1',
    HEARD_WITHIN_MS + LASTING_MS,
  );
  const [victim] = await stack.inspect('backend');
  const began = performance.now();
  // Frozen, it takes connections and answers nothing.
  await stack.compose('pause', 'redis');
  await stack.compose('stop', 'worker');
  await engine.docker('kill', victim.Id);
  // Meanwhile people chat on.
  const line = await until('a connection', () => state.site.connect(state.ann).catch(() => null), 10_000);
  const ack = await line.send(state.conversationId, 'without Redis, worker and one instance');
  assert.equal(ack.ok, true, JSON.stringify(ack));
  line.close();
  const times = [];
  for (const name of ['RedisDown', 'ParleyWorkerDown', 'ParleyInstanceDown']) {
    tellsWhereToLook(await untilHeard(engine, name, 'firing'));
    times.push(`${name} after ${Math.round((performance.now() - began) / 1000)} s`);
  }
  const silenced = (await heard(engine)).map(({ labels }) => labels.alertname);
  assert.ok(!silenced.includes('ParleyBusDoubted'), 'what follows from another is silent');
  await stack.compose('unpause', 'redis');
  await stack.compose('start', 'worker');
  await engine.docker('start', victim.Id);
  await stack.well();
  await quiet(stack);
  for (const name of ['RedisDown', 'ParleyWorkerDown']) await untilHeard(engine, name, 'resolved');
  return times.join(', ');
}

export async function postgresIsAlerted({ engine, stack, state }) {
  const before = (await heard(engine)).length;
  const times = [];
  for (const [how, back] of [
    ['stop', 'start'],
    ['pause', 'unpause'],
  ]) {
    const since = (await heard(engine)).length;
    const began = performance.now();
    await stack.compose(how, 'postgres');
    tellsWhereToLook(await untilHeard(engine, 'PostgresDown', 'firing', since));
    times.push(`${how}: after ${Math.round((performance.now() - began) / 1000)} s`);
    await stack.compose(back, 'postgres');
    await stack.well();
    await untilHeard(engine, 'PostgresDown', 'resolved', since);
    await quiet(stack);
  }
  const pages = (await heard(engine)).slice(before).filter(({ labels }) => labels.severity === 'page');
  assert.deepEqual(
    [...new Set(pages.map(({ labels }) => labels.alertname))],
    ['PostgresDown'],
    'one cause, one page',
  );
  const line = await until('a connection', () => state.site.connect(state.ann).catch(() => null), 20_000);
  const ack = await line.send(state.conversationId, 'after PostgreSQL');
  assert.equal(ack.ok, true, JSON.stringify(ack));
  line.close();
  await engine.docker('rm', '-f', RECEIVER);
  return times.join(', ');
}
