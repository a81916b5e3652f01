// One process that can be started, stopped, killed, frozen and started again on its port.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { once } from 'node:events';
import { tied } from './tied-process.mjs';

const READY_WITHIN_MS = 60_000;
const STOPS_WITHIN_MS = 25_000;
const LOG_TAIL_LINES = 15;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether a server answers this address with success. */
export async function answers(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return response.ok;
}

/** Ids of the children of a process, from /proc; none where there is no /proc. */
export function childrenOf(pid) {
  let entries = [];
  try {
    entries = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
  return entries.map(Number).filter((candidate) => {
    try {
      const stat = readFileSync(`/proc/${candidate}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]) === pid;
    } catch {
      return false;
    }
  });
}

export class ManagedProcess {
  /**
   * `launch` gives { command, args, env?, cwd?, uid?, gid? }; `isReady` tells, by asking it, whether the process does its work.
   */
  constructor({ name, port, url, logFile, launch, isReady, stopSignal = 'SIGTERM' }) {
    Object.assign(this, { name, port, url, logFile, launch, isReady, stopSignal });
    this.pid = null;
    this.child = null;
    this.planned = false;
    this.listeners = [];
  }

  /** Resolves with the milliseconds until it was ready. */
  async start() {
    if (this.pid !== null) return 0;
    const began = performance.now();
    const { command, args, env, cwd, uid, gid } = tied(await this.launch(), this.stopSignal);
    const log = openSync(this.logFile, 'a');
    // A group of its own, so that Ctrl-C in the terminal reaches only the process that stops all the others in order.
    const child = spawn(command, args, { env, cwd, uid, gid, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    this.planned = false;
    this.child = child;
    this.pid = child.pid ?? null;
    if (this.pid !== null) this.onSpawn?.(this.pid);
    child.on('error', (error) => {
      this.failure = error;
    });
    child.on('exit', (code, signal) => {
      const ended = { process: this.name, pid: child.pid, code, signal, planned: this.planned };
      if (this.child === child) this.pid = null;
      for (const listener of this.listeners) listener(ended);
    });
    while (!(await this.isReady().catch(() => false))) {
      if (this.pid === null)
        throw new Error(
          `${this.name} ended before it was ready${this.failure ? ` (${this.failure.message})` : ''}; ${this.#logTail()}`,
        );
      if (performance.now() - began > READY_WITHIN_MS) {
        await this.kill();
        throw new Error(`${this.name} was not ready within ${READY_WITHIN_MS / 1000} s; ${this.#logTail()}`);
      }
      await sleep(25);
    }
    return performance.now() - began;
  }

  #logTail() {
    const lines = readFileSync(this.logFile, 'utf8').trim().split('\n').slice(-LOG_TAIL_LINES);
    return `the end of its log ${this.logFile}:\n${lines.map((line) => `    ${line}`).join('\n')}`;
  }

  #signal(signal) {
    try {
      process.kill(this.pid, signal);
    } catch {
      // It is gone already.
    }
  }

  async kill() {
    if (this.pid === null) return;
    this.planned = true;
    const { child } = this;
    const gone =
      child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve();
    this.#signal('SIGKILL');
    await gone;
  }

  pause() {
    if (this.pid !== null) this.#signal('SIGSTOP');
  }

  resume() {
    if (this.pid !== null) this.#signal('SIGCONT');
  }

  /** Asks it to end and kills it where it does not. */
  async terminate(signal = this.stopSignal) {
    const began = performance.now();
    const { child } = this;
    if (this.pid === null) return { code: null, signal: null, ms: 0 };
    this.planned = true;
    const ended = once(child, 'exit');
    this.#signal(signal);
    // One that was frozen ends only when it runs again.
    this.#signal('SIGCONT');
    const tooLong = setTimeout(() => this.#signal('SIGKILL'), STOPS_WITHIN_MS);
    await ended;
    clearTimeout(tooLong);
    return { code: child.exitCode, signal: child.signalCode, ms: performance.now() - began };
  }

  onExit(listener) {
    this.listeners.push(listener);
  }
}
