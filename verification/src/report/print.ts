import type { Summary } from './summary.js';

const SHOWN_VIOLATIONS = 5;

function figuresLine(figures: Record<string, number>): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toLocaleString('en-US')}`)
    .join(' · ');
}

/** One line an invariant, with its figures; what broke it below. */
export function printable(summary: Summary): string {
  const lines: string[] = [''];
  for (const { name, promises, sentence, passed, figures, violations } of summary.verdicts) {
    lines.push(
      `${passed ? 'ok    ' : 'FAILED'}  ${name.padEnd(24)} ${promises.join(' ').padEnd(12)} ${figuresLine(figures)}`,
    );
    if (passed) continue;
    lines.push(`        ${sentence}`);
    for (const { t, what } of violations.slice(0, SHOWN_VIOLATIONS))
      lines.push(`        at ${(t / 1_000).toFixed(1)} s: ${what}`);
    if (violations.length > SHOWN_VIOLATIONS)
      lines.push(`        and ${String(violations.length - SHOWN_VIOLATIONS)} more`);
  }
  for (const { name, passed, details, figures } of summary.stories) {
    lines.push(
      `${passed ? 'ok    ' : 'FAILED'}  ${name.padEnd(24)} ${'story'.padEnd(12)} ${figuresLine(figures)}`,
    );
    for (const detail of details) lines.push(`        ${detail}`);
  }
  const failed =
    summary.verdicts.filter(({ passed }) => !passed).length +
    summary.stories.filter(({ passed }) => !passed).length;
  const all = summary.verdicts.length + summary.stories.length;
  lines.push(
    '',
    `seed ${String(summary.seed)} · ${summary.mode} · ${String(Math.round(summary.durationMs / 1_000))} s · repeat with --seed ${String(summary.seed)}`,
  );
  lines.push(`${String(all - failed)} passed, ${String(failed)} failed`);
  return lines.join('\n');
}
