// What runs on a data folder: who supervises it and which processes belong to it. A run that was killed leaves processes behind;
// the next one ends them, and never anything else: a process is known by its id together with the time it was started at.
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sleep } from './managed-process.mjs';

/** PostgreSQL writes its last checkpoint in this time. */
const ENDS_WITHIN_MS = 8_000;

/** When a process was started, in the system's own words; `null` where there is none of that id. */
export function startTimeOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the name in parentheses: state is field 3, the start time field 22. A zombie has ended.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Ticks since the start of the system: after a restart of it the same id may come at the same tick.
    return fields[0] === 'Z' ? null : `${fields[19]}@${bootId()}`;
  } catch {
    if (process.platform === 'linux') return null;
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return stdout?.trim() || null;
  }
}

function bootId() {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

const lives = ({ pid, started }) => started !== null && startTimeOf(pid) === started;
const myself = () => ({ pid: process.pid, started: startTimeOf(process.pid) });

/** Another live run holds the folder. */
export class FolderIsTaken extends Error {
  constructor(pid, url) {
    super(`Parley runs already on this data: process ${pid}${url ? `, ${url}` : ''}`);
    Object.assign(this, { pid, url });
  }
}

export class RunFile {
  /** @param {string} path */
  constructor(path) {
    this.path = path;
    this.content = { url: null, processes: [] };
    this.taken = false;
  }

  /** What a run wrote down, or `null`. */
  static read(path) {
    return readJson(path);
  }

  /** Whether the run that made the file is over, cleanly or not. */
  static isOver(path) {
    const holder = readJson(`${path}.lock`);
    return holder === null || !lives(holder);
  }

  /**
   * Takes the folder, and ends what an earlier run left behind; answers the names of what was ended.
   * @throws {FolderIsTaken}
   */
  async take() {
    mkdirSync(dirname(this.path), { recursive: true });
    this.#lock();
    this.taken = true;
    const left = (readJson(this.path)?.processes ?? []).filter(lives);
    for (const entry of left) {
      signal(entry.pid, entry.name === 'postgres' ? 'SIGINT' : 'SIGTERM');
      // One that was frozen ends only when it runs again.
      signal(entry.pid, 'SIGCONT');
    }
    const deadline = Date.now() + ENDS_WITHIN_MS;
    while (left.some(lives) && Date.now() < deadline) await sleep(50);
    for (const entry of left.filter(lives)) signal(entry.pid, 'SIGKILL');
    this.#write();
    return left.map(({ name }) => name);
  }

  /** A link is made by exactly one of two that start at once; a file could be written by both. */
  #lock() {
    const lock = `${this.path}.lock`;
    const draft = `${lock}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(myself()));
    try {
      for (;;) {
        try {
          linkSync(draft, lock);
          return;
        } catch (error) {
          if (error.code !== 'EEXIST') throw error;
        }
        const holder = readJson(lock);
        if (holder && lives(holder)) throw new FolderIsTaken(holder.pid, readJson(this.path)?.url ?? null);
        const stale = `${lock}.stale.${process.pid}`;
        try {
          renameSync(lock, stale);
        } catch (error) {
          if (error.code !== 'ENOENT') throw error;
          continue;
        }
        // Another start may have put its own lock there in between.
        const removed = readJson(stale);
        if (removed && lives(removed)) linkSync(stale, lock);
        rmSync(stale, { force: true });
      }
    } finally {
      rmSync(draft, { force: true });
    }
  }

  /** Remembers a process, in the place of one of the same name. */
  add(name, pid) {
    const others = this.content.processes.filter((entry) => entry.name !== name);
    this.content.processes = [...others, { name, pid, started: startTimeOf(pid) }];
    this.#write();
  }

  set url(url) {
    this.content.url = url;
    this.#write();
  }

  release() {
    if (!this.taken) return;
    rmSync(this.path, { force: true });
    rmSync(`${this.path}.lock`, { force: true });
  }

  #write() {
    writeFileSync(`${this.path}.part`, JSON.stringify(this.content, null, 2));
    renameSync(`${this.path}.part`, this.path);
  }
}

/** Calls `stop` once the process that started this one is gone: npm that is killed can pass nothing on. */
export function watchParent(stop) {
  const parents = [process.ppid];
  // npm runs a script through a shell, which outlives it.
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    if (/\((ba|da)?sh\)/.test(stat))
      parents.push(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  } catch {
    // No /proc: the parent alone.
  }
  const watched = parents.filter((pid) => pid > 1).map((pid) => ({ pid, started: startTimeOf(pid) }));
  const timer = setInterval(() => {
    if (watched.every(lives)) return;
    clearInterval(timer);
    stop();
  }, 500);
  timer.unref();
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between.
  }
}
