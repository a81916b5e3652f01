// What runs on a data folder: who supervises it and which processes belong to it. A run that was killed leaves processes behind;
// the next one ends them, and never anything else: a process is known by its id together with the time it was started at.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sleep } from './managed-process.mjs';

const ENDS_WITHIN_MS = 5_000;

/** When a process was started, in the system's own words; `null` where there is none of that id. */
export function startTimeOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the name in parentheses: state is field 3, the start time field 22. A zombie has ended.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    if (process.platform === 'linux') return null;
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return stdout?.trim() || null;
  }
}

const lives = ({ pid, started }) => started !== null && startTimeOf(pid) === started;

export class RunFile {
  /** @param {string} path */
  constructor(path) {
    this.path = path;
    this.content = { supervisor: null, url: null, processes: [] };
  }

  /** The run that holds the folder, or `null`. */
  static read(path) {
    try {
      return JSON.parse(readFileSync(path, 'utf8'));
    } catch {
      return null;
    }
  }

  /** The live supervisor of another run, or `null`. */
  holder() {
    const { supervisor, url } = RunFile.read(this.path) ?? {};
    return supervisor && lives(supervisor) ? { pid: supervisor.pid, url } : null;
  }

  /** Ends what an earlier run left behind, and takes the folder. Answers the names of what was ended. */
  async take() {
    const left = (RunFile.read(this.path)?.processes ?? []).filter(lives);
    for (const entry of left) signal(entry.pid, entry.name === 'postgres' ? 'SIGINT' : 'SIGTERM');
    const deadline = Date.now() + ENDS_WITHIN_MS;
    while (left.some(lives) && Date.now() < deadline) await sleep(50);
    for (const entry of left.filter(lives)) signal(entry.pid, 'SIGKILL');
    this.content.supervisor = { pid: process.pid, started: startTimeOf(process.pid) };
    this.write();
    return left.map(({ name }) => name);
  }

  /** Remembers a process, in the place of one of the same name. */
  add(name, pid) {
    const others = this.content.processes.filter((entry) => entry.name !== name);
    this.content.processes = [...others, { name, pid, started: startTimeOf(pid) }];
    this.write();
  }

  set url(url) {
    this.content.url = url;
    this.write();
  }

  release() {
    rmSync(this.path, { force: true });
  }

  write() {
    mkdirSync(dirname(this.path), { recursive: true });
    writeFileSync(`${this.path}.part`, JSON.stringify(this.content, null, 2));
    renameSync(`${this.path}.part`, this.path);
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between.
  }
}
