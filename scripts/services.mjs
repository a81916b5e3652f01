// PostgreSQL, Redis and an S3 stand-in on loopback, each with a folder of its own, for a laptop, the tests and the cluster. Run by
// hand, it starts them and prints where they are: `node scripts/services.mjs`.
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makePostgres } from './embedded-postgres.mjs';
import { ManagedProcess } from './managed-process.mjs';
import { HOST, ROOT, freePorts } from './places.mjs';
import { RunFile } from './run-file.mjs';
import { ensureTool } from './tools.mjs';

export const BUCKET = 'parley';

// ---- Redis

export function makeRedis({ dataDir, port, logFile, durable = true, more = [], env = process.env }) {
  const folder = join(dataDir, 'redis');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
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
        ...more,
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
  mkdirSync(directory, { recursive: true, mode: 0o700 });
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

/** Of this checkout alone: another one's tests may be running. */
const TEST_PREFIX = `parley-test-${createHash('sha256').update(ROOT).digest('hex').slice(0, 8)}-`;

const JUST_MADE_MS = 10_000;

/** A folder in the system's temporary one. What earlier runs left that were killed is ended and removed. */
export async function makeTestFolder() {
  for (const entry of readdirSync(tmpdir()).filter((name) => name.startsWith(TEST_PREFIX))) {
    const left = join(tmpdir(), entry);
    try {
      // One that is just being made is locked in a moment.
      const age = Date.now() - statSync(left).mtimeMs;
      if (age < JUST_MADE_MS && !existsSync(join(left, 'run.json.lock'))) continue;
      const runFile = new RunFile(join(left, 'run.json'));
      await runFile.take();
      rmSync(left, { recursive: true, force: true });
    } catch {
      // It is still in use, or another user's.
    }
  }
  const folder = mkdtempSync(join(tmpdir(), TEST_PREFIX));
  // PostgreSQL's own account passes through, where root runs this.
  chmodSync(folder, 0o711);
  const runFile = new RunFile(join(folder, 'run.json'));
  await runFile.take();
  return { folder, runFile };
}

/**
 * For tests: everything in a temporary folder that is gone afterwards.
 * @returns {Promise<{ databaseUrl: string, redisUrl: string, s3Endpoint: string, stop: () => Promise<void> }>}
 */
export async function startTestServices() {
  const { folder: dataDir, runFile } = await makeTestFolder();
  const [postgresPort, redisPort, s3Port] = await freePorts(3);
  // The stand-in's own published pair: what a test stores is nobody's secret.
  const keys = { id: 'S3RVER', secret: 'S3RVER' };
  const logOf = (name) => join(dataDir, `${name}.log`);
  const services = [];
  const stop = async () => {
    await Promise.all(services.map((service) => service.terminate()));
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    services.push(
      await makePostgres({ dataDir, port: postgresPort, logFile: logOf('postgres'), durable: false }),
      makeRedis({ dataDir, port: redisPort, logFile: logOf('redis'), durable: false }),
      makeObjectStore({ dataDir, port: s3Port, logFile: logOf('s3'), keys }),
    );
    for (const service of services) service.onSpawn = (pid) => runFile.add(service.name, pid);
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
