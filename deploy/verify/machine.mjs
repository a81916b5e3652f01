// What an engine changes of the machine that it runs on, and how that is put back: forwarding, filter rules, bridges, control groups.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SETTINGS = [
  '/proc/sys/net/ipv4/ip_forward',
  '/proc/sys/net/ipv6/conf/all/forwarding',
  '/proc/sys/net/ipv6/conf/default/forwarding',
];
const GROUPS = '/sys/fs/cgroup';
const LINKS = '/sys/class/net';
const FILTERS = ['iptables', 'ip6tables'];
/** A run that was killed leaves it, and the next one puts back what it names. */
const MEMORY = join(tmpdir(), 'parley-verify-deploy.json');

const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8').trim() : '');
const isBridge = (name) => /^(docker0|br-[0-9a-f]{12}|veth[0-9a-f]+)$/.test(name);

/** Rules alone: counters and dates differ each time, and an empty chain lets everything pass as a missing table does. */
const rulesOf = (text) => text.split('\n').filter((line) => /^(-A|:\S+ (DROP|REJECT))/.test(line));

const groups = () =>
  existsSync(GROUPS)
    ? ['', ...readdirSync(GROUPS)]
        .map((name) => join(GROUPS, name, 'docker'))
        .filter((path) => existsSync(path))
    : [];

/** Processes that belong to the engine in this folder, each by its command. */
function processesOf(folder) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const program = readlinkSync(`/proc/${pid}/exe`);
        return program.startsWith(join(folder, 'bin')) ? [`${pid} ${program}`] : [];
      } catch {
        // It has ended, or belongs to the kernel.
        return [];
      }
    });
}

export async function snapshot(engine) {
  const saved = {};
  for (const filter of FILTERS) saved[filter] = await engine.run(`${filter}-save`, []);
  return {
    pid: process.pid,
    settings: Object.fromEntries(SETTINGS.map((path) => [path, read(path)])),
    saved,
    links: readdirSync(LINKS).sort(),
    mounts: read('/proc/self/mounts').split('\n').sort(),
    groups: groups(),
  };
}

/** What differs from before, in words; empty where nothing does. */
export async function differences(engine, before) {
  const after = await snapshot(engine);
  const found = processesOf(engine.work).map((text) => `it runs still: ${text}`);
  const compare = (what, was, is) => {
    if (JSON.stringify(was) !== JSON.stringify(is))
      found.push(`${what}: was ${JSON.stringify(was)}, is ${JSON.stringify(is)}`);
  };
  for (const path of SETTINGS) compare(path, before.settings[path], after.settings[path]);
  for (const filter of FILTERS) compare(filter, rulesOf(before.saved[filter]), rulesOf(after.saved[filter]));
  compare('network links', before.links, after.links);
  compare('mounts', before.mounts, after.mounts);
  compare('control groups', before.groups, after.groups);
  return found;
}

export async function restore(engine, before) {
  for (const [path, text] of Object.entries(before.settings)) if (text !== '') writeFileSync(path, text);
  for (const filter of FILTERS) {
    for (const table of ['nat', 'filter']) {
      // A table that is not there has nothing to empty.
      await engine.run(filter, ['-t', table, '-F']).catch(() => undefined);
      await engine.run(filter, ['-t', table, '-X']).catch(() => undefined);
    }
    await engine.run(filter, ['-P', 'FORWARD', 'ACCEPT']).catch(() => undefined);
    const saved = before.saved[filter];
    if (rulesOf(saved).length > 0) await engine.run(`${filter}-restore`, [], { input: saved });
  }
  for (const name of readdirSync(LINKS)) {
    if (isBridge(name) && !before.links.includes(name)) execFileSync('ip', ['link', 'delete', name]);
  }
  for (const path of groups()) if (!before.groups.includes(path)) removeGroup(path);
}

/** A control group is removed by removing its folder, those inside it first. */
function removeGroup(path) {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(path, entry.name));
  }
  try {
    rmdirSync(path);
  } catch {
    // Something still ends in it; an empty one does no harm.
  }
}

export function rememberMachine(before) {
  writeFileSync(MEMORY, JSON.stringify(before), { mode: 0o600 });
}
export function forgetMachine() {
  rmSync(MEMORY, { force: true });
}

/** What a killed run was to put back, or `null`. */
export function leftByAnother() {
  if (!existsSync(MEMORY)) return null;
  const before = JSON.parse(readFileSync(MEMORY, 'utf8'));
  return existsSync(`/proc/${before.pid}`) ? null : before;
}
