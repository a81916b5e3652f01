// Docker's engine and compose, unpacked from Debian's packages into a folder and run from there. Nothing is installed, and what the
// engine changes of the machine is put back: see machine.mjs.
import { execFile, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sleep } from '../../scripts/managed-process.mjs';
import { tied } from '../../scripts/tied-process.mjs';
import { forgetMachine, rememberMachine, restore, snapshot } from './machine.mjs';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** Compose 2 and a new engine come from the next release; what is tied to this one's libraries comes from this one. */
const NEWER = ['docker.io', 'docker-cli', 'docker-compose', 'docker-buildx', 'containerd'];
const OWN = [
  ...[
    'runc',
    'iptables',
    'tini',
    'mmdebstrap',
    'libip4tc2',
    'libip6tc2',
    'libxtables12',
    'libmnl0',
    'libseccomp2',
  ],
  ...['libnetfilter-conntrack3', 'libnfnetlink0', 'libnftnl11'],
];

const execute = promisify(execFile);
export async function run(command, args, { env = process.env, cwd, ms = 600_000, input } = {}) {
  const child = execute(command, args, { env, cwd, timeout: ms, maxBuffer: 256e6 });
  child.child.stdin?.end(input);
  try {
    return (await child).stdout;
  } catch (error) {
    const output = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim().split('\n').slice(-40).join('\n');
    throw new Error(`${command} ${args.join(' ')} ended with ${error.signal ?? error.code}:\n${output}`, {
      cause: error,
    });
  }
}

/** Why this machine can not do it, or `null`. */
export function obstacle() {
  if (process.platform !== 'linux' || !existsSync('/etc/debian_version')) return 'this machine is not Debian';
  if (process.getuid?.() !== 0) return 'only root may start the engine';
  return null;
}

export class Engine {
  constructor(work) {
    this.work = work;
    this.bin = join(work, 'bin');
    const path = ['usr/sbin', 'usr/bin'].map((folder) => join(this.bin, folder)).join(':');
    const libraries = join(this.bin, 'usr/lib/x86_64-linux-gnu');
    this.env = {
      ...process.env,
      PATH: `${path}:${process.env.PATH}`,
      LD_LIBRARY_PATH: libraries,
      XTABLES_LIBDIR: join(libraries, 'xtables'),
      // A socket's path ends at 108 bytes, so the folder's name is to be short.
      DOCKER_HOST: `unix://${join(work, 'd.sock')}`,
      DOCKER_CONFIG: join(work, 'config'),
    };
    /** What the machine was like, once the engine was started. */
    this.before = null;
  }

  run(command, args, options = {}) {
    return run(command, args, { env: this.env, ...options });
  }
  docker(...args) {
    return this.run('docker', args);
  }

  /** The mirror is the machine's own. */
  get mirror() {
    const sources = '/etc/apt/sources.list.d/debian.sources';
    const text = readFileSync(existsSync(sources) ? sources : '/etc/apt/sources.list', 'utf8');
    const found = /^URIs:\s*(\S+)/m.exec(text)?.[1] ?? /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)/m.exec(text)?.[1];
    if (!found) throw new Error('apt has no sources here');
    return found;
  }

  async unpack() {
    if (existsSync(join(this.work, 'unpacked'))) return 'kept';
    const apt = join(this.work, 'apt');
    for (const folder of ['apt/lists/partial', 'apt/cache/archives/partial', 'debs', 'config/cli-plugins']) {
      mkdirSync(join(this.work, folder), { recursive: true });
    }
    const release = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    const line = (suite) => `deb [signed-by=${KEYRING}] ${this.mirror} ${suite} main\n`;
    writeFileSync(join(apt, 'sources.list'), line('trixie') + (release === 'trixie' ? '' : line(release)));
    const settings = [
      `Dir::Etc::sourcelist=${join(apt, 'sources.list')}`,
      'Dir::Etc::sourceparts=-',
      `Dir::State::lists=${join(apt, 'lists')}`,
      `Dir::Cache=${join(apt, 'cache')}`,
      'APT::Sandbox::User=root',
      'Debug::NoLocking=1',
    ].flatMap((setting) => ['-o', setting]);
    await run('apt-get', [...settings, 'update', '-qq']);
    const debs = join(this.work, 'debs');
    const packages = [...NEWER.map((name) => `${name}/trixie`), ...OWN.map((name) => `${name}/${release}`)];
    await run('apt-get', [...settings, 'download', '-qq', ...packages], { cwd: debs });
    for (const deb of readdirSync(debs)) await run('dpkg-deb', ['-x', join(debs, deb), this.bin]);
    for (const name of [
      'iptables',
      'iptables-save',
      'iptables-restore',
      'ip6tables',
      'ip6tables-save',
      'ip6tables-restore',
    ]) {
      const link = join(this.bin, 'usr/sbin', name);
      if (!existsSync(link)) symlinkSync('xtables-nft-multi', link);
    }
    cpSync(join(this.bin, 'usr/libexec/docker/cli-plugins'), join(this.work, 'config/cli-plugins'), {
      recursive: true,
    });
    writeFileSync(join(this.work, 'unpacked'), '');
    return '';
  }

  async start() {
    this.before = await snapshot(this);
    rememberMachine(this.before);
    const log = openSync(join(this.work, 'engine.log'), 'w');
    // Mounts of its own, shared as node-exporter asks for; they go with the process.
    const script =
      'mount --make-rshared / && exec dockerd -H "$DOCKER_HOST" --data-root "$1/data" --exec-root "$1/exec" ' +
      '--pidfile "$1/d.pid" --storage-driver overlay2';
    const program = tied(
      { command: 'unshare', args: ['-m', 'sh', '-c', script, 'sh', this.work] },
      'SIGTERM',
    );
    this.child = spawn(program.command, program.args, {
      env: this.env,
      stdio: ['ignore', log, log],
      detached: true,
    });
    this.ended = new Promise((resolve) => this.child.once('exit', resolve));
    for (let tries = 0; tries < 120; tries += 1) {
      try {
        await this.docker('info');
        return;
      } catch {
        if (this.child.exitCode !== null) break;
        await sleep(250);
      }
    }
    throw new Error(`the engine did not start:\n${readFileSync(join(this.work, 'engine.log'), 'utf8')}`);
  }

  async stop() {
    if (this.child && this.child.exitCode === null) {
      this.child.kill('SIGTERM');
      await this.ended;
    }
    if (!this.before) return;
    await restore(this, this.before);
    forgetMachine();
  }
}
