// What PRODUCTION_DEPLOYMENT.md tells operators to type, typed as it stands there.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { sleep } from '../../scripts/managed-process.mjs';
import { parseEnvFile } from '../setup/env-file.mjs';
import { commands } from './commands.mjs';
import { until } from './stack.mjs';

/** Sends one message after the other, each until it is acknowledged, as clients do; answers what was acknowledged. */
async function talk(line, conversationId, isOver) {
  const acknowledged = [];
  let tries = 0;
  while (!isOver()) {
    const text = `rolling ${acknowledged.length + 1}`;
    const id = randomUUID();
    for (;;) {
      tries += 1;
      const ack = await line.send(conversationId, text, id).catch(() => null);
      if (ack?.ok) break;
      await sleep(100);
    }
    acknowledged.push(text);
    await sleep(20);
  }
  return { acknowledged, tries };
}

export async function keepsItsInstances({ stack }) {
  const before = await stack.inspect();
  // The last one counts, as everywhere in such a file.
  appendFileSync(join(stack.folder, '.env'), 'BACKEND_REPLICAS=3\n');
  await stack.compose('up', '-d');
  await stack.well();
  assert.equal((await stack.inspect('backend')).length, 3);
  const idsOf = (containers) => containers.map(({ Id }) => Id).sort();
  assert.deepEqual(idsOf(await stack.inspect()), idsOf(before), 'what is not concerned goes on running');
}

export async function replacesOneAfterTheOther({ stack, state }) {
  const { site } = state;
  const conversation = await site.api(state.ann.token, 'POST', '/conversations', {
    kind: 'group',
    title: 'While all are replaced',
    memberIds: [state.bob.user.id],
  });
  const before = new Set((await stack.inspect('backend')).map(({ Id }) => Id));
  const line = await site.connect(state.ann, { reconnection: true });
  let over = false;
  const talking = talk(line, conversation.id, () => over);
  const refused = [];
  let asked = 0;
  const asking = (async () => {
    while (!over) {
      // One that is not answered at all is refused too.
      const { status } = await site.fetch('/health/ready').catch((error) => ({ status: error.message }));
      asked += 1;
      if (status !== 200) refused.push(status);
      await sleep(50);
    }
  })();
  try {
    await stack.shell(commands(stack, 'docker compose run --rm --no-deps migrate'));
    await stack.well();
  } finally {
    over = true;
    await asking;
  }
  const { acknowledged, tries } = await talking;
  line.close();
  assert.ok(
    (await stack.inspect('backend')).every(({ Id }) => !before.has(Id)),
    'all are new',
  );
  const stored = [];
  for (let cursor = ''; ;) {
    const page = await site.api(
      state.bob.token,
      'GET',
      `/conversations/${conversation.id}/messages?limit=100${cursor}`,
    );
    stored.unshift(...page.items.filter(({ kind }) => kind === 'text').map(({ text }) => text));
    if (!page.hasBefore) break;
    cursor = `&before=${page.items[0].seq}`;
  }
  assert.deepEqual(stored, acknowledged, 'each once, in order');
  assert.deepEqual(refused, [], `${refused.length} of ${asked} requests failed meanwhile`);
  return `${acknowledged.length} messages (${tries} tries), ${asked} requests, none refused`;
}

export async function restoresABackup({ stack, state }) {
  const { site } = state;
  const before = await site.history(state.ann, state.conversationId);
  await stack.shell(commands(stack, 'docker compose exec -T postgres pg_dump'));
  await stack.shell(commands(stack, 'docker compose cp backend:/run/secrets'));
  const copies = readdirSync(stack.folder).filter((name) => /^(files|secrets|env)-\d/.test(name));
  assert.equal(copies.length, 3);
  const secrets = copies.find((name) => name.startsWith('secrets'));
  assert.ok(existsSync(join(stack.folder, secrets, 'access_token_secret')));
  const restored = commands(stack, 'for name in access_token_secret')
    .replace(/secrets-[\d-]+/, secrets)
    .replace('.env', 'restored.env');
  await stack.shell(restored);
  const { entries } = parseEnvFile(readFileSync(join(stack.folder, 'restored.env'), 'utf8'));
  const kept = (name) => readFileSync(join(stack.folder, secrets, name.toLowerCase()), 'utf8');
  assert.deepEqual(
    entries.map(({ name, value }) => value === kept(name) && name),
    ['ACCESS_TOKEN_SECRET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
  );
  rmSync(join(stack.folder, 'restored.env'));
  for (const name of copies) rmSync(join(stack.folder, name), { recursive: true });
  const line = await site.connect(state.ann);
  const lost = await line.send(state.conversationId, 'after the backup');
  assert.equal(lost.ok, true);
  const { epoch } = line;
  line.close();
  const today = new Date().toISOString().slice(0, 10);
  await stack.shell(
    commands(stack, 'docker compose stop backend worker').replace(
      /parley-[\d-]+\.dump/,
      `parley-${today}.dump`,
    ),
  );
  await stack.well();
  assert.deepEqual(await site.history(state.ann, state.conversationId), before);
  const after = await until('a connection', () => site.connect(state.ann).catch(() => null), 20_000);
  assert.notEqual(after.epoch, epoch, 'clients are told that it is another history');
  const ack = await after.send(state.conversationId, 'after the restore');
  assert.equal(ack.ok, true, JSON.stringify(ack));
  assert.equal(ack.data.message.seq, lost.data.message.seq);
  after.close();
}

export async function tellsTheGrafanaPassword({ stack }) {
  const password = await stack.shell(commands(stack, 'docker compose exec grafana cat'));
  assert.match(password.trim(), /^\S{32,}$/);
}

/** One request, followed by its id from the answer of nginx to the log of the server. */
export async function followsARequest({ stack, state }) {
  const { headers, status } = await state.site.fetch('/api/v1/users/me', {
    headers: { authorization: `Bearer ${state.ann.token}` },
  });
  assert.equal(status, 200);
  const id = headers['x-request-id'];
  const typed = commands(stack, 'docker compose logs --no-log-prefix').replace(/grep \S+/, `grep ${id}`);
  const shown = await until('its lines', () => stack.shell(typed).catch(() => null), 10_000);
  // Compose clears its own line of a terminal before the first.
  const lines = stripVTControlCharacters(shown).replaceAll('\r', '');
  assert.ok(
    lines
      .split('\n')
      .filter(Boolean)
      .every((line) => JSON.parse(line)),
    'each line is JSON',
  );
}

/** A socket from before goes on while nginx reads its configuration, and its certificate, again. */
export async function reloadsNginx({ stack, state }) {
  const line = await state.site.connect(state.ann);
  await stack.shell(
    commands(stack, 'docker compose exec nginx nginx -c /run/nginx/nginx.conf -s reload').replace(
      'exec',
      'exec -T',
    ),
  );
  await sleep(1_000);
  const ack = await line.send(state.conversationId, 'over a reload');
  assert.equal(ack.ok, true, JSON.stringify(ack));
  assert.equal(line.connects, 1);
  line.close();
}

/** Which containers run for these services, and since when. */
async function startsOf(stack, services) {
  const found = (await stack.inspect()).filter(({ Config }) =>
    services.test(Config.Labels['com.docker.compose.service']),
  );
  return found.map(({ Id, State }) => `${Id} ${State.StartedAt}`).sort();
}

/** Files of the checkout that changed as git changes them, and which Compose does not look into. */
export async function readsChangedConfiguration({ stack }) {
  const nginx = join(stack.folder, 'nginx.conf');
  const rules = join(stack.folder, 'deploy/prometheus/rules/added.rules.yml');
  const before = readFileSync(nginx, 'utf8');
  const put = (text) => {
    writeFileSync(`${nginx}.new`, text);
    renameSync(`${nginx}.new`, nginx);
  };
  const isUsed = async () => {
    const used = await stack.compose('exec', '-T', 'nginx', 'cat', '/run/nginx/nginx.conf');
    const { groups } = await stack.prometheus('rules').catch(() => ({ groups: [] }));
    return [used.includes('# of the version after'), groups.some(({ name }) => name === 'added')];
  };
  put(`${before}# of the version after\n`);
  writeFileSync(rules, 'groups: [{ name: added, rules: [{ record: added, expr: vector(1) }] }]\n');
  await stack.compose('up', '-d');
  assert.deepEqual(await isUsed(), [false, false], 'what makes the command needed');
  const typed = commands(stack, 'docker compose up -d --force-recreate');
  await stack.shell(typed);
  await stack.well();
  assert.deepEqual(await isUsed(), [true, true]);
  put(before);
  rmSync(rules);
  const others = /^(backend|worker|postgres|redis|redis-jobs|s3)$/;
  const running = await startsOf(stack, others);
  await stack.shell(typed);
  await stack.well();
  assert.deepEqual(await isUsed(), [false, false]);
  assert.deepEqual(await startsOf(stack, others), running);
  const anew = await startsOf(stack, /^(nginx|prometheus)$/);
  await stack.compose('up', '-d');
  assert.deepEqual(await startsOf(stack, /^(nginx|prometheus)$/), anew, 'nothing more is to do');
}
