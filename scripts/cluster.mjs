// The laptop version of production: nginx with the shipped nginx.conf, N API processes and a worker, on services of its own.
//   npm run cluster -- --instances 3
// The checker starts it too, and kills, freezes and restarts its parts; see verification/src/run/cluster.ts for its interface.
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ManagedProcess, answers, childrenOf } from './managed-process.mjs';
import { build, installPackages } from './prepare.mjs';
import { endRunning, run } from './progress.mjs';
import { RunFile } from './run-file.mjs';
import { HOST, ROOT, freePorts } from './places.mjs';
import { makePostgres } from './embedded-postgres.mjs';
import { makeProxy } from './proxy.mjs';
import { SERVER_FLAGS } from './server-flags.mjs';
import { BUCKET, makeObjectStore, makeRedis } from './services.mjs';

/** What the processes of a cluster are made of; the web client only where it is shown to people. */
export const SERVER_BUILDS = [
  'database client',
  'protocol, client, server',
  'OpenAPI and AsyncAPI documents',
];

/** What a fault does to the database beyond what it does to any process. */
function makeBreakable(postgres) {
  const signalAll = (signal) => {
    if (postgres.pid === null) return;
    // The server first, so that it starts no child between the two.
    for (const pid of [postgres.pid, ...childrenOf(postgres.pid)]) {
      try {
        process.kill(pid, signal);
      } catch {
        // A backend that has just ended.
      }
    }
  };
  postgres.pause = () => signalAll('SIGSTOP');
  postgres.resume = () => signalAll('SIGCONT');
  postgres.restart = async (mode) => {
    await postgres.terminate(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await postgres.start();
  };
  return postgres;
}

function makeServer({ name, entry, port, logFile, env }) {
  const url = `http://${HOST}:${port}`;
  return new ManagedProcess({
    name,
    port,
    url,
    logFile,
    launch: () => ({
      command: process.execPath,
      args: [...SERVER_FLAGS, join(ROOT, 'backend', 'dist', entry)],
      env,
      cwd: ROOT,
    }),
    isReady: () => answers(`${url}/health/ready`),
  });
}

/** The same over restarts, so that people stay signed in. */
function secrets(dataDir) {
  const path = join(dataDir, 'secrets.json');
  if (!existsSync(path)) {
    const secret = () => randomBytes(48).toString('base64url');
    writeFileSync(path, JSON.stringify({ tokens: secret(), s3: secret() }), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Starts everything; on a failure nothing is left running. See `ClusterOptions` in verification/src/run/cluster.ts. */
export async function startCluster({
  instances: count,
  dataDir,
  port,
  onReady = () => undefined,
  environment = {},
  environmentOf,
  upstreamOf,
}) {
  const logDir = join(dataDir, 'logs');
  mkdirSync(logDir, { recursive: true });
  const runFile = new RunFile(join(dataDir, 'run', 'cluster.json'));
  await runFile.take();
  const logOf = (name) => join(logDir, `${name}.log`);

  const services = [];
  const servers = [];
  const listeners = [];
  const start = async (group, managed) => {
    group.push(managed);
    managed.onSpawn = (pid) => runFile.add(managed.name, pid);
    managed.onExit((ended) => {
      for (const listener of listeners) listener(ended);
    });
    onReady(managed, await managed.start());
  };
  let stopping = null;
  const stop = () => {
    stopping ??= (async () => {
      for (const managed of [...services, ...servers]) managed.resume();
      await Promise.all(servers.map((managed) => managed.terminate()));
      await Promise.all(services.map((managed) => managed.terminate()));
      runFile.release();
    })();
    return stopping;
  };

  try {
    const [postgresPort, redisPort, s3Port, workerPort, freePort, ...ports] = await freePorts(5 + count);
    const proxyPort = port ?? freePort;
    const known = secrets(dataDir);
    const keys = { id: 'parley-cluster', secret: known.s3 };
    const postgres = makeBreakable(
      await makePostgres({ dataDir, port: postgresPort, logFile: logOf('postgres') }),
    );
    const redis = makeRedis({ dataDir, port: redisPort, logFile: logOf('redis') });
    const s3 = makeObjectStore({ dataDir, port: s3Port, logFile: logOf('s3'), keys });
    await Promise.all([postgres, redis, s3].map((service) => start(services, service)));
    await postgres.createDatabase();
    await run(process.execPath, [join(ROOT, 'scripts', 'prisma.mjs'), 'migrate', 'deploy'], {
      env: { ...process.env, DATABASE_URL: postgres.url },
    });

    const common = {
      ...process.env,
      NODE_ENV: 'production',
      HOST,
      PUBLIC_URL: `http://localhost:${proxyPort}`,
      ALLOWED_ORIGINS: `http://${HOST}:${proxyPort}`,
      TRUST_PROXY_HOPS: '1',
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      S3_ENDPOINT: s3.url,
      S3_BUCKET: BUCKET,
      S3_ACCESS_KEY_ID: keys.id,
      S3_SECRET_ACCESS_KEY: keys.secret,
      ACCESS_TOKEN_SECRET: known.tokens,
      ...environment,
    };
    const urls = { databaseUrl: postgres.url, redisUrl: redis.url };
    const instances = await Promise.all(
      ports.map(async (instancePort, index) => {
        const name = `api-${index + 1}`;
        const own = (await environmentOf?.(index, urls)) ?? {};
        const env = { ...common, PORT: String(instancePort), ...own };
        return makeServer({ name, entry: 'main.js', port: instancePort, logFile: logOf(name), env });
      }),
    );
    const worker = makeServer({
      name: 'worker',
      entry: 'worker.js',
      port: workerPort,
      logFile: logOf('worker'),
      env: { ...common, WORKER_PORT: String(workerPort) },
    });
    await Promise.all([...instances, worker].map((server) => start(servers, server)));
    const backends = await Promise.all(
      ports.map(
        async (instancePort, index) => `${HOST}:${(await upstreamOf?.(index, instancePort)) ?? instancePort}`,
      ),
    );
    const nginx = makeProxy({
      dataDir,
      port: proxyPort,
      logFile: logOf('nginx'),
      backends,
      s3Url: s3.url,
    });
    await start(servers, nginx);
    return {
      url: nginx.url,
      instances,
      worker,
      redis,
      postgres,
      nginx,
      onExit: (listener) => listeners.push(listener),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function main() {
  const { values } = parseArgs({
    options: { instances: { type: 'string', default: '3' }, port: { type: 'string' } },
  });
  const instances = Number(values.instances);
  if (!Number.isInteger(instances) || instances < 1)
    throw new Error('--instances takes a whole number from 1');
  const began = performance.now();
  const port = Number(values.port ?? process.env.PORT ?? 3000);
  const dataDir = resolve(process.env.PARLEY_DATA_DIR || join(ROOT, '.data'), 'cluster');
  mkdirSync(dataDir, { recursive: true });
  chmodSync(dataDir, 0o755);
  // Before anything is started: Ctrl-C at any moment leaves nothing behind.
  const stopped = new Promise((done) => {
    process.once('SIGINT', done);
    process.once('SIGTERM', done);
  });
  void stopped.then(() => endRunning());

  await installPackages();
  await build();
  const cluster = await startCluster({
    instances,
    port,
    dataDir,
    onReady: ({ name, url }, ms) => {
      console.log(`  ✓ ${name.padEnd(10)} ${url.replace(/\/\/[^@/]*@/, '//')}  ${Math.round(ms)} ms`);
    },
  });
  cluster.onExit(({ process: name, code, signal, planned }) => {
    if (!planned)
      console.log(`  ! ${name} ended by itself (${signal ?? code}); its log is in ${dataDir}/logs`);
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`\n  Parley is ready on http://localhost:${port}    (${seconds} s, ${instances} instances)`);
  console.log('  Ctrl-C stops everything. Your data stays in', dataDir);
  await stopped;
  console.log('\n  Stopping …');
  await cluster.stop();
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().then(
    () => process.exit(0),
    (error) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(1);
    },
  );
}
