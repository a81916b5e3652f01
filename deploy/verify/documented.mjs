// What PRODUCTION_DEPLOYMENT.md tells operators to type, typed as it stands there.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../../scripts/managed-process.mjs';
import { until } from './stack.mjs';

/** The commands that follow a text of the page. */
function commandsAfter(stack, text) {
  const page = readFileSync(join(stack.folder, 'PRODUCTION_DEPLOYMENT.md'), 'utf8');
  const start = page.indexOf(text);
  const [, commands] = /^```bash\n(.*?)^```$/ms.exec(page.slice(start)) ?? [];
  if (start === -1 || commands === undefined) throw new Error(`the page has no commands after "${text}"`);
  return commands;
}

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
    await stack.shell(commandsAfter(stack, 'To replace them one after the other'));
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
  const kept = await site.history(state.ann, state.conversationId);
  await stack.shell(commandsAfter(stack, 'Three things must be kept'));
  const line = await site.connect(state.ann);
  const lost = await line.send(state.conversationId, 'after the backup');
  assert.equal(lost.ok, true);
  const { epoch } = line;
  line.close();
  const today = new Date().toISOString().slice(0, 10);
  await stack.shell(
    commandsAfter(stack, '**Restore**').replace(/parley-[\d-]+\.dump/, `parley-${today}.dump`),
  );
  await stack.well();
  assert.deepEqual(await site.history(state.ann, state.conversationId), kept);
  const after = await until('a connection', () => site.connect(state.ann).catch(() => null), 20_000);
  assert.notEqual(after.epoch, epoch, 'clients are told that it is another history');
  const ack = await after.send(state.conversationId, 'after the restore');
  assert.equal(ack.ok && ack.message.seq, lost.message.seq);
  after.close();
}

export async function tellsTheGrafanaPassword({ stack }) {
  const password = await stack.shell(commandsAfter(stack, "Grafana's password, where you gave none"));
  assert.match(password.trim(), /^\S{32,}$/);
}
