import { readFileSync, readdirSync } from 'node:fs';

/** Of all machines that run this: `getconf CLK_TCK`. */
const TICKS_PER_SECOND = 100;

interface ProcessRow {
  readonly parent: number;
  readonly cpuSeconds: number;
  /** Of its children that have ended. */
  readonly endedSeconds: number;
}

/** The fields after the program's name, which may hold anything. */
function rowOf(pid: number | string): ProcessRow {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const seconds = (user: number, system: number): number =>
    (Number(fields[user]) + Number(fields[system])) / TICKS_PER_SECOND;
  return { parent: Number(fields[1]), cpuSeconds: seconds(11, 12), endedSeconds: seconds(13, 14) };
}

/** User and system time of one process with all its threads. */
export function cpuSecondsOf(pid: number): number {
  return rowOf(pid).cpuSeconds;
}

/** A process and whatever descends from it. */
function familyOf(root: number): Map<number, ProcessRow> {
  const rows = new Map<number, ProcessRow>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      rows.set(Number(entry), rowOf(entry));
    } catch {
      // It has just ended.
    }
  }
  const isOurs = (pid: number): boolean => {
    for (let at = pid; at > 1; at = rows.get(at)?.parent ?? 0) if (at === root) return true;
    return false;
  };
  return new Map([...rows].filter(([pid]) => isOurs(pid)));
}

/** With those that have ended: what pgbench took must not look like another program's. */
export function cpuSecondsOfFamily(root: number): number {
  return [...familyOf(root).values()].reduce(
    (sum, { cpuSeconds, endedSeconds }) => sum + cpuSeconds + endedSeconds,
    0,
  );
}

/** Bytes that they hold together: what several share counts once. */
export function memoryOfFamily(root: number): number {
  let sum = 0;
  for (const pid of familyOf(root).keys()) {
    try {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      sum += Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1_024;
    } catch {
      // It has just ended.
    }
  }
  return sum;
}

/** Bytes that the process has in memory now. */
export function residentBytesOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`The memory of process ${pid} is not known`);
  return Number(kilobytes) * 1_024;
}

/** System calls by which the process has written, to files and sockets alike. */
export function writeCallsOf(pid: number): number {
  const calls = /^syscw: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1];
  if (calls === undefined) throw new Error(`The writes of process ${pid} are not known`);
  return Number(calls);
}
