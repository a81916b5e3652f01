// `npm run verify:deploy`: builds and runs the shipped Dockerfiles and docker-compose.production.yml for real, on an engine of its
// own that is unpacked from packages, and leaves the machine as it was. Ends with `N passed, N failed`. Needs root on Debian.
//   --short      without what takes minutes: faults whose alerts must be told and end, and what needs the filled .env. For CI
//   --long       builds the images twice and compares them; builds k6 where there is none, for the load test
//   --work DIR   keeps engine and images there for the next run; otherwise all is removed
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { commands } from '../deploy/verify/commands.mjs';
import { Engine, obstacle } from '../deploy/verify/engine.mjs';
import { buildsTheSameAgain, makeK6, makeStandIns, standInFor } from '../deploy/verify/images.mjs';
import { differences, forgetMachine, leftByAnother, restore } from '../deploy/verify/machine.mjs';
import { RECEIVER } from '../deploy/verify/faults.mjs';
import { Skipped, Stack } from '../deploy/verify/stack.mjs';
import { ROOT, freePorts } from './places.mjs';
import { build, installPackages } from './prepare.mjs';
import { step } from './progress.mjs';

const PORTS = ['HTTP_PORT', 'HTTPS_PORT', 'PROMETHEUS_PORT', 'ALERTMANAGER_PORT', 'GRAFANA_PORT'];
const { values } = parseArgs({
  options: {
    work: { type: 'string' },
    short: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
  },
});

let passed = 0;
let failed = 0;
/** One thing that holds or does not; answers whether it does. */
async function check(name, work) {
  try {
    await step(name, work);
    passed += 1;
    return true;
  } catch (error) {
    if (error instanceof Skipped) {
      console.log(`    not counted: ${error.message}`);
      return true;
    }
    console.log(`    ${String(error.message).replaceAll('\n', '\n    ')}`);
    failed += 1;
    return false;
  }
}

function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}

const reason = obstacle();
if (reason !== null) {
  console.log(`skipped: everything, since ${reason}`);
  failed = 1;
  finish();
}
// The checks read an env file by the servers' own rules.
await installPackages();
await build({ only: ['database client', 'protocol, client, server'] });
const { openSite } = await import('../deploy/verify/traffic.mjs');

const work = values.work === undefined ? mkdtempSync(join(tmpdir(), 'pd-')) : resolve(values.work);
mkdirSync(work, { recursive: true });
const engine = new Engine(work);
let before = null;
const ports = await freePorts(PORTS.length);
const stack = new Stack(engine, ROOT, Object.fromEntries(PORTS.map((name, index) => [name, ports[index]])));

let cleaning = null;
function cleanUp() {
  cleaning ??= (async () => {
    await engine.docker('rm', '-f', RECEIVER).catch(() => undefined);
    await stack.compose('down', '-v', '--remove-orphans').catch(() => undefined);
    await engine.stop();
    const found = before === null ? [] : await differences(engine, before);
    rmSync(values.work === undefined ? work : stack.folder, { recursive: true, force: true });
    return found;
  })();
  return cleaning;
}
// What fails where nobody waits for it must not leave an engine behind.
process.on('unhandledRejection', (error) => {
  console.log(error);
  failed += 1;
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    void cleanUp().finally(() => process.exit(1));
  });
}

/** Everything before the checks; what comes after a failure here would only fail too. */
async function start() {
  const images = new Set();
  const steps = [
    ['engine', () => engine.unpack()],
    [
      'engine runs',
      async () => {
        const left = leftByAnother();
        if (left !== null) {
          await restore(engine, left);
          forgetMachine();
        }
        if (existsSync('/sys/class/net/docker0'))
          throw new Error('a Docker engine runs here already (docker0 exists)');
        await engine.start();
        ({ before } = engine);
        return left === null ? '' : 'put back what a killed run had left';
      },
    ],
    [
      'the compose file is valid; every image has a stand-in',
      async () => {
        stack.copy();
        await stack.compose('config', '-q');
        // Of a run in this folder that was killed.
        await stack.compose('down', '-v', '--remove-orphans');
        // The profiles are named by the env file, which is copied later.
        const all = await stack.compose('--profile', '*', 'config', '--images');
        for (const name of all.split('\n').filter(Boolean)) {
          if (!name.startsWith('parley-')) images.add(name);
        }
        for (const file of [
          'backend/Dockerfile',
          'frontend/Dockerfile',
          'deploy/nginx-exporter/Dockerfile',
        ]) {
          const text = readFileSync(join(stack.folder, file), 'utf8');
          for (const [, name] of text.matchAll(/^ARG \w+_IMAGE=(\S+)/gm)) images.add(name);
        }
        const missing = [...images].filter((name) => !standInFor(name));
        if (missing.length > 0) throw new Error(`no stand-in for ${missing.join(', ')}`);
      },
    ],
    ['stand-ins', () => makeStandIns(engine, images)],
    [
      'images',
      async () => {
        await stack.compose('build');
      },
    ],
    ...(values.long
      ? [
          ['images built again are the same', () => buildsTheSameAgain(engine, stack)],
          ['k6', () => makeK6(engine)],
        ]
      : []),
    [
      'cp env.production.example .env; up -d',
      async () => {
        // The clone is there.
        await stack.shell(commands(stack, 'git clone ').replace(/^git clone .*$/m, ''));
        await stack.well();
      },
    ],
  ];
  for (const [name, work] of steps) if (!(await check(name, work))) return false;
  return true;
}

try {
  if (await start()) {
    const state = { site: await openSite(stack) };
    const { checksOf } = await import('../deploy/verify/checks.mjs');
    for (const [name, work] of checksOf(values)) await check(name, () => work({ engine, stack, state }));
  }
} catch (error) {
  console.log(error);
  failed += 1;
} finally {
  await check('the machine is as it was', async () => {
    const found = await cleanUp();
    if (values.work === undefined && existsSync(work)) throw new Error(`${work} is left`);
    if (found.length > 0) throw new Error(found.join('\n'));
  });
}
finish();
