// `npm test`: everything that must hold, on services and data of its own. `npm test -- unit` runs a part: checks, unit, integration
// or browser. Goes on after a failure, so that all are seen, and ends with `N passed, N failed`.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ManagedProcess } from './managed-process.mjs';
import { build, installPackages } from './prepare.mjs';
import { endRunning, run, step } from './progress.mjs';
import { HOST, ROOT, freePorts } from './places.mjs';
import { watchParent } from './run-file.mjs';
import { makeTestFolder, startTestServices } from './services.mjs';
import { ensureTool } from './tools.mjs';

const PARTS = ['checks', 'unit', 'integration', 'browser'];
const bin = (path) => join(ROOT, 'node_modules', path);
const { folder: work, runFile } = await makeTestFolder();

// Tests must not meet the user's database or settings: none of the product's variables gets through.
const example = readFileSync(join(ROOT, 'env.production.example'), 'utf8');
for (const [, name] of example.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)) {
  delete process.env[name];
  delete process.env[`${name}_FILE`];
}

const counts = { passed: 0, failed: 0 };
const failures = [];
/** What has to be stopped, last started first. */
const cleanups = [() => rmSync(work, { recursive: true, force: true })];
let cleaning = null;

function cleanUp() {
  cleaning ??= (async () => {
    endRunning();
    for (const cleanup of cleanups.reverse()) await Promise.resolve(cleanup()).catch(() => undefined);
  })();
  return cleaning;
}

function fail(name, detail = '') {
  counts.failed += 1;
  failures.push(name);
  if (detail) console.log(`\n--- ${name}\n${detail}\n`);
}

/** One thing that holds or does not. */
async function check(name, doCheck) {
  try {
    await step(name, async () => {
      await doCheck();
    });
    counts.passed += 1;
  } catch (error) {
    fail(name, error.message);
  }
}

/** A runner that counts its own tests. What it printed is shown where something failed. */
async function suite(name, runTests, read) {
  let output = '';
  await step(name, async () => {
    output = await runTests().catch((error) => error.message);
    const result = read();
    if (result === null || result.passed + result.failed === 0) {
      fail(`${name}: no test ran`, output);
      return 'no test ran';
    }
    // A skipped test proves nothing, and looks as if it did.
    const skipped = result.skipped > 0 ? [`${name}: ${result.skipped} skipped`] : [];
    counts.passed += result.passed;
    counts.failed += result.failed + skipped.length;
    failures.push(...result.names, ...skipped);
    if (result.failed > 0) console.log(output);
    return `${result.passed} passed, ${result.failed} failed`;
  });
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

function vitest(project, env) {
  const report = join(work, `${project}.json`);
  return suite(
    `${project} tests`,
    () =>
      run(
        process.execPath,
        [
          bin('vitest/vitest.mjs'),
          'run',
          '--project',
          project,
          '--reporter=default',
          '--reporter=json',
          `--outputFile=${report}`,
        ],
        { env: { ...process.env, ...env, NO_COLOR: '1' } },
      ),
    () => {
      const result = readJson(report);
      if (!result) return null;
      // A file that could not even be loaded holds no failed test, and is one.
      const broken = result.testResults.filter(
        ({ status, assertionResults }) =>
          status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
      );
      const failed = result.testResults.flatMap(({ assertionResults }) =>
        assertionResults.filter(({ status }) => status === 'failed'),
      );
      return {
        passed: result.numPassedTests,
        failed: result.numFailedTests + broken.length,
        skipped: result.numPendingTests + (result.numTodoTests ?? 0),
        names: [...failed.map(({ fullName }) => fullName), ...broken.map(({ name }) => name)],
      };
    },
  );
}

/** Answers while the longest check, lint, still runs: on one core, so that others have the second. */
async function checks(databaseUrl) {
  const tsc = (...args) => run(process.execPath, [bin('typescript/bin/tsc'), ...args]);
  const lint = check('lint and import directions', () =>
    run(process.execPath, [bin('eslint/bin/eslint.js'), '.', '--max-warnings', '0']),
  );
  await check('formatting', () => run(process.execPath, [bin('prettier/bin/prettier.cjs'), '--check', '.']));
  await check('types', async () => {
    await tsc('-b');
    for (const project of [
      'backend/test',
      'backend/bench',
      'client/test',
      'e2e',
      'tsconfig.tests.json',
      'tsconfig.load-test.json',
    ]) {
      if (existsSync(join(ROOT, project))) await tsc('-p', project, '--noEmit');
    }
  });
  await check('migrations make the schema', () =>
    run(
      process.execPath,
      [
        join(ROOT, 'scripts', 'prisma.mjs'),
        'migrate',
        'diff',
        '--from-migrations',
        'prisma/migrations',
        '--to-schema',
        'prisma/schema.prisma',
        '--exit-code',
      ],
      { env: { ...process.env, DATABASE_URL: databaseUrl } },
    ),
  );
  return { lint };
}

/** The whole product as `npm start` starts it, on a port and data of its own, seen through Chromium. */
async function browser() {
  const chromium = ensureTool('chromium');
  const [port] = await freePorts(1);
  const dataDir = join(work, 'product');
  const url = `http://localhost:${port}`;
  const product = new ManagedProcess({
    name: 'product',
    port,
    url,
    logFile: join(work, 'product.log'),
    launch: () => ({
      command: process.execPath,
      args: [join(ROOT, 'scripts', 'start.mjs')],
      // One address registers more people in a minute here than an office does in a week.
      env: {
        ...process.env,
        PORT: String(port),
        PARLEY_DATA_DIR: dataDir,
        RATE_LIMIT_SCALE: '50',
        PARLEY_STOP_WITH_PARENT: '1',
      },
      cwd: ROOT,
    }),
    isReady: async () =>
      (await fetch(`http://${HOST}:${port}/health/ready`, { signal: AbortSignal.timeout(2_000) })).ok,
  });
  product.onSpawn = (pid) => runFile.add('product', pid);
  cleanups.push(() => product.terminate());
  try {
    await product.start();
  } catch (error) {
    fail('the product did not start', `${error.message}\n${readFileSync(join(work, 'product.log'), 'utf8')}`);
    return;
  }
  const report = join(work, 'browser.json');
  await suite(
    'browser tests',
    () =>
      run(
        process.execPath,
        [bin('@playwright/test/cli.js'), 'test', '--config', 'e2e', '--reporter=list,json'],
        {
          env: {
            ...process.env,
            ...chromium.env,
            PARLEY_E2E_URL: url,
            PARLEY_E2E_RUN_FILE: join(dataDir, 'run', 'parley.json'),
            PARLEY_CHROMIUM: chromium.path,
            PLAYWRIGHT_JSON_OUTPUT_NAME: report,
          },
        },
      ),
    () => {
      const result = readJson(report);
      if (!result) return null;
      const { expected, unexpected, flaky, skipped } = result.stats;
      // What passes only at the second try is broken.
      return {
        passed: expected,
        failed: unexpected + flaky + result.errors.length,
        skipped,
        names: failedSpecs(result.suites),
      };
    },
  );
  await product.terminate();
}

function failedSpecs(suites) {
  return suites.flatMap(({ specs = [], suites: inner = [] }) => [
    ...specs.filter(({ ok }) => !ok).map(({ title }) => title),
    ...failedSpecs(inner),
  ]);
}

async function main(parts) {
  await installPackages();
  await step('Redis', () => void ensureTool('redis'));
  if (parts.includes('integration')) await step('nginx', () => void ensureTool('nginx'));
  if (parts.includes('browser')) await step('Chromium', () => void ensureTool('chromium'));
  await build();
  let services;
  await step('PostgreSQL, Redis, file store', async () => {
    services = await startTestServices();
    cleanups.push(services.stop);
  });
  const env = {
    PARLEY_TEST_DATABASE_URL: services.databaseUrl,
    PARLEY_TEST_REDIS_URL: services.redisUrl,
    PARLEY_TEST_S3_ENDPOINT: services.s3Endpoint,
  };
  const checking = parts.includes('checks') ? await checks(services.databaseUrl) : null;
  if (parts.includes('unit')) await vitest('unit', {});
  await checking?.lint;
  if (parts.includes('integration')) await vitest('integration', env);
  if (parts.includes('browser')) await browser();
}

const asked = process.argv.slice(2);
const unknown = asked.filter((part) => !PARTS.includes(part));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}: choose of ${PARTS.join(', ')}.`);
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
// npm that is killed can pass nothing on.
if (process.env.npm_lifecycle_event) watchParent(() => void cleanUp().finally(() => process.exit(130)));

try {
  await main(asked.length > 0 ? asked : PARTS);
} catch (error) {
  fail('the set-up', error.message);
}
await cleanUp();
if (failures.length > 0) console.log(`\nFailed:\n${failures.map((name) => `  ${name}`).join('\n')}`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed === 0 ? 0 : 1);
