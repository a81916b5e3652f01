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

/** Resident memory and open handles; `null` where the process is gone or the system has no /proc. */
export function processUse(pid: number): { rssBytes: number; handles: number } | null {
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
    return { rssBytes: kilobytes * 1_024, handles: readdirSync(`/proc/${String(pid)}/fd`).length };
  } catch {
    return null;
  }
}
