import type { Summary } from './summary.js';

const WIDTH = 1_080;
const LEFT = 72;
const RIGHT = 16;
const CHART_TOP = 40;
const CHART_HEIGHT = 210;
const LANE_HEIGHT = 18;
/** Numbers of faults that are nearer to each other than this stand in two rows. */
const NUMBER_WIDTH = 15;
/** Milliseconds; the axis is logarithmic, since a repair takes a thousand times as long as a delivery. */
const LOWEST = 1;
const HIGHEST = 30_000;

/** Latency over time above, the faults below it on one axis. */
export function timelinePicture(summary: Summary): string {
  const lanes = [...new Set(summary.recoveries.map(({ fault }) => fault.start.affects))];
  const end = Math.max(
    1,
    ...summary.buckets.map(({ t }) => t),
    ...summary.recoveries.map(({ fault }) => (Number.isFinite(fault.to) ? fault.to : fault.from)),
  );
  const height = CHART_TOP + CHART_HEIGHT + 34 + lanes.length * LANE_HEIGHT + 12;
  const x = (t: number): number => LEFT + (t / end) * (WIDTH - LEFT - RIGHT);
  const y = (ms: number): number => {
    const share = Math.log(Math.min(HIGHEST, Math.max(LOWEST, ms)) / LOWEST) / Math.log(HIGHEST / LOWEST);
    return CHART_TOP + CHART_HEIGHT * (1 - share);
  };
  const at = (value: number): string => value.toFixed(1);
  const parts: string[] = [];
  for (const [ms, label] of [
    [1, '1 ms'],
    [10, '10 ms'],
    [100, '100 ms'],
    [1_000, '1 s'],
    [10_000, '10 s'],
  ] as const) {
    parts.push(
      `<line x1="${String(LEFT)}" x2="${String(WIDTH - RIGHT)}" y1="${at(y(ms))}" y2="${at(y(ms))}" stroke="var(--line)"/><text x="${String(LEFT - 8)}" y="${at(y(ms) + 4)}" text-anchor="end">${label}</text>`,
    );
  }
  parts.push(
    `<line x1="${String(LEFT)}" x2="${String(WIDTH - RIGHT)}" y1="${at(y(10_000))}" y2="${at(y(10_000))}" stroke="var(--bad)" stroke-dasharray="4 4" opacity="0.7"/>`,
  );
  let lastAt = Number.NEGATIVE_INFINITY;
  let lower = false;
  summary.recoveries.forEach(({ fault }, index) => {
    const to = Number.isFinite(fault.to) ? fault.to : fault.from;
    const width = Math.max(2, x(to) - x(fault.from));
    const middle = x(fault.from) + width / 2;
    lower = middle - lastAt < NUMBER_WIDTH && !lower;
    lastAt = middle;
    parts.push(
      `<rect x="${at(x(fault.from))}" y="${String(CHART_TOP)}" width="${at(width)}" height="${String(CHART_HEIGHT)}" fill="var(--fault)" opacity="0.13"/>`,
      `<a href="#fault-${String(index + 1)}"><text x="${at(middle)}" y="${String(CHART_TOP - (lower ? 13 : 3))}" text-anchor="middle">${String(index + 1)}</text></a>`,
    );
  });
  // What was healed when the last fault was: nothing but the quiet follows.
  parts.push(
    `<line x1="${at(x(summary.quietAt))}" x2="${at(x(summary.quietAt))}" y1="${String(CHART_TOP)}" y2="${String(CHART_TOP + CHART_HEIGHT)}" stroke="var(--soft)" stroke-dasharray="2 3"/><text x="${at(x(summary.quietAt) + 5)}" y="${String(CHART_TOP + 12)}">quiet</text>`,
  );
  const line = (value: (bucket: Summary['buckets'][number]) => number, colour: string): string => {
    // Where nothing was delivered there is no latency: the line is broken, not drawn across.
    const pieces: string[][] = [[]];
    for (const bucket of summary.buckets) {
      if (bucket.deliveries > 0) pieces.at(-1)?.push(`${at(x(bucket.t))},${at(y(value(bucket)))}`);
      else if (pieces.at(-1)?.length !== 0) pieces.push([]);
    }
    return pieces
      .map(
        (points) =>
          `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"/>`,
      )
      .join('');
  };
  parts.push(
    line(({ p99Ms }) => p99Ms, 'var(--p99)'),
    line(({ p50Ms }) => p50Ms, 'var(--p50)'),
  );
  for (const { t, maxMs, deliveries } of summary.buckets) {
    if (deliveries > 0)
      parts.push(
        `<circle cx="${at(x(t))}" cy="${at(y(maxMs))}" r="1.6" fill="var(--p99)" opacity="0.5"><title>slowest: ${String(maxMs)} ms</title></circle>`,
      );
  }
  parts.push(
    `<text x="${String(LEFT)}" y="13"><tspan fill="var(--p50)">median</tspan> · <tspan fill="var(--p99)">99 of 100; dots: the slowest</tspan> · <tspan fill="var(--bad)">dashed: the promise of 10 s</tspan></text>`,
  );
  const axis = CHART_TOP + CHART_HEIGHT;
  const step = [5, 10, 20, 30, 60, 120, 300, 600].find((seconds) => end / 1_000 / seconds <= 14) ?? 900;
  for (let second = 0; second * 1_000 <= end; second += step) {
    parts.push(
      `<text x="${at(x(second * 1_000))}" y="${String(axis + 16)}" text-anchor="middle">${String(Math.floor(second / 60))}:${String(second % 60).padStart(2, '0')}</text>`,
    );
  }
  lanes.forEach((lane, index) => {
    const top = axis + 30 + index * LANE_HEIGHT;
    parts.push(
      `<text x="${String(LEFT - 8)}" y="${String(top + 10)}" text-anchor="end">${lane === 'postgres' ? 'database' : lane}</text>`,
    );
    for (const { fault, until, sendRecoveryMs, deliveryRecoveryMs } of summary.recoveries) {
      if (fault.start.affects !== lane) continue;
      const to = Number.isFinite(fault.to) ? fault.to : fault.from;
      const through = Math.max(to, Math.min(to, until) + Math.max(sendRecoveryMs, deliveryRecoveryMs));
      const bar = (until: number, opacity: string): string =>
        `<rect x="${at(x(fault.from))}" y="${String(top)}" width="${at(Math.max(4, x(until) - x(fault.from)))}" height="12" rx="3" fill="var(--fault)" opacity="${opacity}"/>`;
      const name = `${fault.start.name} (${fault.start.target})`.replace(/[&<>]/g, ' ');
      parts.push(
        `<g><title>${name}: ${((to - fault.from) / 1_000).toFixed(1)} s, all through ${((through - to) / 1_000).toFixed(1)} s after it</title>${bar(through, '0.35')}${bar(to, '1')}</g>`,
      );
    }
  });
  return `<svg viewBox="0 0 ${String(WIDTH)} ${String(height)}" role="img" aria-label="Delivery latency over the run with the faults that were injected">${parts.join('')}</svg>`;
}
