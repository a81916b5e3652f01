import { readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second. */
const TICK_MS = 10;

/** Milliseconds of CPU time that a process has used so far, in user and kernel mode; 0 where it has ended. */
export function cpuMs(pid: number): number {
  const { own } = timesOf(pid);
  return own;
}

/** The same for a process and its children, also for those that have ended. */
export function treeCpuMs(pid: number): number {
  const text = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8').trim();
  const children = text === '' ? [] : text.split(' ').map(Number);
  // Before their parent's: what ends in between is then counted there.
  const living = children.reduce((sum, child) => sum + cpuMs(child), 0);
  const { own, ended } = timesOf(pid);
  return living + own + ended;
}

export function parentOf(pid: number): number {
  return Number(fieldsOf(pid)[1]);
}

function timesOf(pid: number): { own: number; ended: number } {
  const fields = fieldsOf(pid);
  const sum = (...at: number[]): number =>
    at.reduce((total, index) => total + Number(fields[index] ?? 0), 0) * TICK_MS;
  return { own: sum(11, 12), ended: sum(13, 14) };
}

/** From the state on: the name in parentheses before it may hold spaces. */
function fieldsOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
