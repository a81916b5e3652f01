// What Docker says of the containers: rights, networks, limits, health, labels, secrets.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { commands } from './commands.mjs';

const nameOf = ({ Name }) => Name.slice(1);
const isTask = ({ HostConfig }) => HostConfig.RestartPolicy.Name === 'no';

export async function migratesWithoutNetwork({ engine, stack }) {
  const typed = commands(stack, 'docker compose exec backend npx prisma migrate deploy');
  const out = await stack.shell(typed.replace('exec', 'exec -T'));
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

export async function hasFewRights({ engine, stack }) {
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

export async function keepsDatabasesInside({ stack }) {
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

export async function hasLimits({ stack }) {
  for (const container of await stack.inspect()) {
    const { HostConfig, Config } = container;
    const name = nameOf(container);
    assert.ok(
      HostConfig.Memory > 0 && HostConfig.NanoCpus > 0 && HostConfig.PidsLimit > 0,
      `${name}: limits`,
    );
    assert.ok(HostConfig.LogConfig.Config['max-size'], `${name}: logs`);
    if (isTask(container)) continue;
    assert.ok(Config.Healthcheck?.Test?.length > 0, `${name}: health check`);
    assert.ok(Config.StopTimeout >= 10, `${name}: time to stop`);
  }
}

/** Megabytes of Parley's own above the image it stands on; measured 100 and 2 on 24 November 2026. Above is a mistake in a Dockerfile. */
const CEILINGS = { backend: 125, frontend: 6 };

export async function tellsWhatImagesAre({ engine, stack }) {
  const told = [];
  for (const [name, ceiling] of Object.entries(CEILINGS)) {
    const [{ Config, Size }] = JSON.parse(await engine.docker('image', 'inspect', `parley-${name}:latest`));
    for (const label of ['title', 'licenses', 'version', 'revision', 'source', 'created']) {
      assert.ok(Config.Labels[`org.opencontainers.image.${label}`], `${name}: label ${label}`);
    }
    assert.ok(!Number.isNaN(Date.parse(Config.Labels['org.opencontainers.image.created'])), name);
    const base = /^ARG (?:NODE|NGINX)_IMAGE=(\S+)/gm;
    const text = readFileSync(`${stack.folder}/${name}/Dockerfile`, 'utf8');
    // The last stage stands on the last of them.
    const under = [...text.matchAll(base)].at(-1)[1];
    const megabytes =
      (Size - Number(await engine.docker('image', 'inspect', '-f', '{{.Size}}', under))) / 1e6;
    assert.ok(megabytes < ceiling, `${name}: ${megabytes.toFixed(1)} MB above ${under}, at most ${ceiling}`);
    told.push(`${name} ${megabytes.toFixed(1)} MB above ${under}`);
  }
  return told.join(', ');
}
