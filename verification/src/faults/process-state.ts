import { readdirSync, readFileSync } from 'node:fs';

/** The kernel's letter for a process (R, S, T = stopped …), or `null` where it is gone. Linux only. */
export function processState(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  } catch {
    return null;
  }
}

/**
 * Resident memory and open handles, without the connections that it serves on `port`: devices and nginx, which keeps some
 * idle, open and close those. `null` where the process is gone or the system has no /proc.
 */
export function processUse(pid: number, port: number): { rssBytes: number; handles: number } | null {
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
    const handles = readdirSync(`/proc/${String(pid)}/fd`).length;
    return { rssBytes: kilobytes * 1_024, handles: handles - servedOn(port) };
  } catch {
    return null;
  }
}

/** Of a line of /proc/net/tcp: local address and port, the other side, the state, and the handle's inode. */
const CONNECTION = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ ([0-9A-F]{2}) (?:\S+\s+){5}(\d+)/gm;
const ESTABLISHED = '01';
/** One that waits for the process to take it has no handle yet. */
const NO_HANDLE = '0';

/** A connection whose other side has closed counts as a handle again: who keeps those has a leak. */
function servedOn(port: number): number {
  const table = readFileSync('/proc/net/tcp', 'utf8');
  const local = port.toString(16).toUpperCase().padStart(4, '0');
  return [...table.matchAll(CONNECTION)].filter(
    ([, at, state, inode]) => at === local && state === ESTABLISHED && inode !== NO_HANDLE,
  ).length;
}
