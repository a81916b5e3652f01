import type { ManagedProcess } from '../run/cluster.js';

const ANSWERS_WITHIN_MS = 5_000;

/** What a process counts, by series as Prometheus names them: `name{label="value"}`. */
export async function readCounters(process: ManagedProcess): Promise<Map<string, number>> {
  const response = await fetch(`${process.url}/metrics`, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
  if (!response.ok) throw new Error(`${process.name} answers ${String(response.status)} for its metrics`);
  const values = new Map<string, number>();
  for (const line of (await response.text()).split('\n')) {
    const space = line.lastIndexOf(' ');
    if (!line.startsWith('#') && space > 0) values.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return values;
}
