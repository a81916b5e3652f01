// `npm start`: everything a chat needs, on one address. What is missing is brought, what was built is used, and what was started is
// stopped again. `npm run dev` is the same with --watch: sources are compiled as they change, the servers start again, and Vite
// serves the web client on that address.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { migrate } from './migrate.mjs';
import { ManagedProcess, sleep } from './managed-process.mjs';
import { build, installPackages } from './prepare.mjs';
import { endRunning, step } from './progress.mjs';
import { FolderIsTaken, RunFile, watchParent } from './run-file.mjs';
import { HOST, ROOT, freePorts } from './places.mjs';
import { makePostgres } from './embedded-postgres.mjs';
import { BUCKET, makeObjectStore, makeRedis } from './services.mjs';
import { SERVER_FLAGS } from './server-flags.mjs';
import { ensureTool } from './tools.mjs';

const RESTART_PAUSES_MS = [500, 1_000, 2_000, 5_000, 15_000];
/** A process that ran this long was well; its next end counts as the first. */
const WELL_AFTER_MS = 60_000;

const watch = process.argv.includes('--watch');
const port = Number(process.env.PORT || 3000);
const host = process.env.HOST || HOST;
const dataDir = resolve(process.env.PARLEY_DATA_DIR || join(ROOT, '.data'));
const logDir = join(dataDir, 'logs');
const runFile = new RunFile(join(dataDir, 'run', 'parley.json'));
const began = performance.now();

class CanNotStart extends Error {}

/** Started last, stopped first. */
const servers = [];
const services = [];
let stopping = null;

function stop(exitCode) {
  stopping ??= (async () => {
    if (exitCode === 0) console.log('\n  Stopping …');
    endRunning();
    await Promise.all(servers.map((server) => server.terminate()));
    await Promise.all(services.map((service) => service.terminate()));
    runFile.release();
    if (exitCode === 0) console.log('  Stopped. Your data stays in', dataDir);
    process.exit(exitCode);
  })();
  return stopping;
}

/** Keeps a process alive: what ends without being asked is started again, a little later each time. */
function supervise(managed, group) {
  group.push(managed);
  let failures = 0;
  let startedAt = Date.now();
  managed.onExit(async ({ code, signal, planned }) => {
    if (planned || stopping || !managed.wasReady) return;
    failures = Date.now() - startedAt > WELL_AFTER_MS ? 0 : failures + 1;
    console.log(`  ! ${managed.name} ended (${signal ?? `exit code ${code}`}); its log: ${managed.logFile}`);
    while (!stopping) {
      await sleep(RESTART_PAUSES_MS[Math.min(failures, RESTART_PAUSES_MS.length - 1)]);
      if (stopping) return;
      try {
        startedAt = Date.now();
        managed.wasReady = false;
        await startManaged(managed);
        console.log(`  ✓ ${managed.name} runs again`);
        return;
      } catch (error) {
        failures += 1;
        console.log(`  ! ${managed.name} did not come back: ${error.message}`);
      }
    }
  });
}

async function startManaged(managed) {
  // Whoever stops has already gone through what was started.
  if (stopping) throw new Error('Parley is stopping');
  managed.onSpawn = (pid) => runFile.add(managed.name, pid);
  await managed.start();
  managed.wasReady = true;
}

function secrets() {
  const path = join(dataDir, 'secrets.json');
  if (!existsSync(path)) {
    const secret = () => randomBytes(32).toString('base64url');
    const made = JSON.stringify({ accessTokenSecret: secret(), s3Secret: secret() });
    writeFileSync(`${path}.part`, made, { mode: 0o600 });
    renameSync(`${path}.part`, path);
  }
  return JSON.parse(readFileSync(path, 'utf8'));
}

function refuseTakenPort() {
  return new Promise((done, refuse) => {
    const probe = createServer();
    probe.once('error', (error) => {
      const taken = `Port ${port} is taken by another program. Choose one: PORT=${port + 1} npm start`;
      refuse(
        new CanNotStart(
          error.code === 'EADDRINUSE' ? taken : `Can not listen on ${host}:${port}: ${error.message}`,
        ),
      );
    });
    probe.listen(port, host, () => probe.close(done));
  });
}

async function startServices({ accessTokenSecret, s3Secret }) {
  const [postgresPort, redisPort, s3Port, workerPort] = await freePorts(4);
  const logOf = (name) => join(logDir, `${name}.log`);
  const environment = {
    NODE_ENV: 'development',
    ACCESS_TOKEN_SECRET: accessTokenSecret,
    WORKER_PORT: String(workerPort),
  };
  const wanted = [];
  if (!process.env.DATABASE_URL) {
    const postgres = await makePostgres({ dataDir, port: postgresPort, logFile: logOf('postgres') });
    environment.DATABASE_URL = postgres.url;
    wanted.push(postgres);
  }
  if (!process.env.REDIS_URL) {
    const redis = makeRedis({ dataDir, port: redisPort, logFile: logOf('redis') });
    environment.REDIS_URL = redis.url;
    wanted.push(redis);
  }
  if (!process.env.S3_ENDPOINT) {
    const keys = { id: 'parley', secret: s3Secret };
    const store = makeObjectStore({ dataDir, port: s3Port, logFile: logOf('s3'), keys });
    Object.assign(environment, {
      S3_ENDPOINT: store.url,
      S3_BUCKET: BUCKET,
      S3_ACCESS_KEY_ID: keys.id,
      S3_SECRET_ACCESS_KEY: keys.secret,
    });
    wanted.push(store);
  }
  for (const service of wanted) supervise(service, services);
  await Promise.all(wanted.map(startManaged));
  await wanted.find(({ name }) => name === 'postgres')?.createDatabase();
  return environment;
}

async function healthy(url) {
  const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return response.ok;
}

function makeServer(name, entry, listenPort, env) {
  const probeHost = host === '0.0.0.0' || host === '::' ? HOST : host;
  const url = `http://${name === 'worker' ? HOST : probeHost}:${listenPort}`;
  const server = new ManagedProcess({
    name,
    port: listenPort,
    url,
    logFile: join(logDir, `${name}.log`),
    launch: () => ({
      command: process.execPath,
      args: [
        ...(watch ? ['--watch', '--watch-preserve-output'] : []),
        ...SERVER_FLAGS,
        join(ROOT, 'backend', 'dist', entry),
      ],
      env,
      cwd: ROOT,
    }),
    isReady: () => healthy(url),
  });
  supervise(server, servers);
  return server;
}

/** Compiles what changes; the servers see that their files did. */
function makeCompiler() {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const compiler = new ManagedProcess({
    name: 'compiler',
    logFile: join(logDir, 'compiler.log'),
    launch: () => ({
      command: process.execPath,
      args: [tsc, '-b', '--watch', '--preserveWatchOutput', 'protocol', 'client', 'backend'],
      env: process.env,
      cwd: ROOT,
    }),
    isReady: async () => true,
  });
  supervise(compiler, servers);
  return compiler;
}

function makeWebServer(apiUrl) {
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const web = new ManagedProcess({
    name: 'web',
    port,
    logFile: join(logDir, 'web.log'),
    launch: () => ({
      command: process.execPath,
      args: [vite, 'frontend', '--port', String(port), '--strictPort', '--host', host],
      env: { ...process.env, API_URL: apiUrl },
      cwd: ROOT,
    }),
    isReady: async () => (await fetch(`http://${HOST}:${port}/`, { signal: AbortSignal.timeout(2_000) })).ok,
  });
  supervise(web, servers);
  return web;
}

async function main() {
  console.log('\n  Parley\n');
  // Passable, for PostgreSQL's own account, but not to be listed; what lies inside is closed by itself.
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  mkdirSync(logDir, { recursive: true, mode: 0o700 });
  const left = await runFile.take();
  if (left.length > 0) console.log(`  Ended what an earlier run left behind: ${left.join(', ')}`);
  await refuseTakenPort();

  await installPackages();
  if (!process.env.REDIS_URL) await step('Redis', () => void ensureTool('redis'));
  await build(watch ? { without: ['web client'] } : {});
  let environment = {};
  await step('PostgreSQL, Redis, file store', async () => {
    environment = await startServices(secrets());
  });
  const settings = { WEB_ROOT: join(ROOT, 'frontend', 'dist'), ...environment };
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
  const url = process.env.PUBLIC_URL || `http://localhost:${port}`;
  const [freePort] = await freePorts(1);
  const apiPort = watch ? freePort : port;
  // The page comes from Vite then, and its origin is what the API must know.
  const origins = watch ? { PUBLIC_URL: url, ALLOWED_ORIGINS: `http://${HOST}:${port}` } : {};
  const env = { ...settings, ...origins, ...given, HOST: host, PORT: String(apiPort) };
  await step('database migrations', () => migrate(env.DATABASE_URL));
  await step('API and worker', async () => {
    const api = makeServer('api', 'main.js', apiPort, env);
    await Promise.all([
      startManaged(api),
      startManaged(makeServer('worker', 'worker.js', Number(env.WORKER_PORT), { ...env, HOST })),
    ]);
    if (watch) await Promise.all([startManaged(makeCompiler()), startManaged(makeWebServer(api.url))]);
  });

  runFile.url = url;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`
  Parley is ready on ${url}    (${seconds} s)

  Open it and sign up: the first person becomes the administrator.
  npm run demo    fills it with people and conversations to look at
  Data and logs:  ${dataDir}${watch ? '\n  Watching:       what you save is compiled and served; errors stand in logs/compiler.log' : ''}
  Ctrl-C stops everything.
`);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop(0));
// npm that is killed can pass nothing on.
if (process.env.npm_lifecycle_event || process.env.PARLEY_STOP_WITH_PARENT) watchParent(() => void stop(0));
// A terminal that is gone takes no more lines.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

try {
  await main();
} catch (error) {
  if (!stopping) {
    console.error(`\n  ${error.message}\n`);
    if (!(error instanceof CanNotStart || error instanceof FolderIsTaken)) console.error(`  Logs: ${logDir}`);
    await stop(1);
  }
}
