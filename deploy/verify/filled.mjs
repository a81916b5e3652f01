// An env file that an operator filled in later: what stands there must count, and must be seen by nobody whom it does not concern.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { secretsFor } from '../../scripts/check-env.mjs';
import { fillEnvFile, parseEnvFile } from '../setup/env-file.mjs';
import { RECEIVER, startReceiver } from './faults.mjs';
import { addressTold, gatewayOf, openSite } from './traffic.mjs';

const rules = await import('../../backend/dist/config/compose-variables.js');

export async function fillsTheEnvFile(context) {
  const { stack, state } = context;
  const path = join(stack.folder, '.env');
  const text = readFileSync(path, 'utf8');
  const random = secretsFor(text, rules);
  assert.ok(Object.keys(random).length >= 4);
  const filled = {
    ...random,
    PUBLIC_URL: stack.origin,
    ALERT_WEBHOOK_URL: `http://${RECEIVER}:8080/hook-${random.ACCESS_TOKEN_SECRET.slice(0, 24)}`,
    TRUSTED_PROXIES: await gatewayOf(context),
  };
  writeFileSync(
    path,
    fillEnvFile(text.replace(/^ALERTMANAGER_CONFIG=.*$/m, 'ALERTMANAGER_CONFIG=webhook.yml'), filled),
  );
  await stack.compose('up', '-d', '--force-recreate');
  await stack.well();
  await startReceiver(context);
  const [used] = await Promise.all([
    stack.compose('exec', '-T', 'backend', 'cat', '/run/secrets/access_token_secret'),
  ]);
  assert.equal(used, filled.ACCESS_TOKEN_SECRET);
  state.site = await openSite(stack);
  // Who was signed in is not any more; the accounts are as they were.
  const old = await state.site.fetch('/api/v1/users/me', {
    headers: { authorization: `Bearer ${state.ann.token}` },
  });
  assert.equal(old.status, 401);
  for (const name of ['ann', 'bob']) state[name] = await state.site.logIn(state[name]);
  state.filled = Object.values(random).concat(filled.ALERT_WEBHOOK_URL);
}

export async function believesTrustedProxies({ state }) {
  assert.equal(await addressTold(state.site, '203.0.113.7'), '203.0.113.7');
  assert.equal(
    await addressTold(state.site, '198.51.100.1, 203.0.113.7'),
    '203.0.113.7',
    'the nearest that is not trusted',
  );
}

/** All that `setup` wrote for somebody, and what the operator wrote. */
export async function keepsSecrets({ engine, stack, state }) {
  const volumes = ['server', 'postgres', 'redis', 's3', 'monitoring'];
  const secrets = new Set(state.filled);
  for (const name of volumes) {
    const { Mountpoint } = JSON.parse(
      await engine.docker('volume', 'inspect', `${stack.project}_secrets-${name}`),
    )[0];
    for (const file of readdirSync(Mountpoint)) {
      if (/_user$|_uri$/.test(file)) continue;
      const text = readFileSync(join(Mountpoint, file), 'utf8').trim();
      // Files that hold several hold them one a word.
      for (const part of file.endsWith('.json')
        ? Object.values(JSON.parse(text))
        : text.split(/\s+/).slice(-1))
        secrets.add(part);
    }
  }
  const logs = await stack.compose('logs', '--no-color');
  const ids = (await stack.inspect()).map(({ Id }) => Id);
  const inspected = await engine.docker('inspect', ...ids);
  const { entries } = parseEnvFile(readFileSync(join(stack.folder, '.env'), 'utf8'));
  assert.ok(secrets.size >= 12 && entries.length > 20);
  for (const text of secrets) {
    assert.ok(text.length >= 24, 'a short secret');
    assert.ok(!logs.includes(text), 'a secret stands in a log');
    assert.ok(!inspected.includes(text), 'a secret stands in docker inspect');
  }
  const seesAll = JSON.parse(inspected).filter(({ Mounts }) =>
    Mounts.some(({ Source }) => Source.endsWith('/.env')),
  );
  assert.deepEqual(
    seesAll.map(({ Config }) => Config.Labels['com.docker.compose.service']),
    ['setup'],
    'who sees the env file',
  );
  return `${secrets.size} secrets`;
}
