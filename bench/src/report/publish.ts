import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spreadText } from './print.js';
import type { MeasureResult, Report } from './report.js';
import { goalText, isReached, verdictOf } from './report.js';

const BEGIN = '<!-- figures: written by `npm run bench -- --publish` -->';
const END = '<!-- end of figures -->';

/** Puts the figures of a run between the two marks of a page; resolves with the exit code. */
export function publish(reportDir: string, pagePath: string): number {
  const report = JSON.parse(readFileSync(join(reportDir, 'report.json'), 'utf8')) as Report;
  if (report.mode !== 'full') {
    console.error('The last run was a trial: there is nothing to publish.');
    return 1;
  }
  const page = readFileSync(pagePath, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${pagePath} has no place for figures`);
  writeFileSync(pagePath, `${before}${BEGIN}\n\n${figures(report)}\n${END}${after}`);
  console.log(`The figures of ${report.startedAt} stand in ${pagePath}`);
  return 0;
}

function figures({ startedAt, machine, results, seconds }: Report): string {
  return [
    `Run of ${startedAt.slice(0, 10)}, ${startedAt.slice(11, 16)} UTC, ${Math.round(seconds / 60)} minutes: ${machine.cpus} × ${machine.model}, ${machine.memoryGiB} GiB, ${machine.kernel}, Node ${machine.node}. Generators, servers and services share the machine; TLS is off.`,
    '',
    '| Measure | Figure | Result: median (least to greatest) | Goal | |',
    '|---|---|---|---|---|',
    ...results.flatMap(rows),
    '',
    ...results.flatMap(details),
  ].join('\n');
}

function rows(result: MeasureResult): string[] {
  const verdict = verdictOf(result);
  if (result.figures.length === 0) return [`| ${result.name} | | no figure | | unsound |`];
  return result.figures.map((figure, index) => {
    const { name, unit, value, goal } = figure;
    const reached = isReached(figure);
    const mark = verdict === 'void' ? 'unsound' : reached === null ? '' : reached ? 'reached' : '**missed**';
    return `| ${index === 0 ? `**${result.name}**` : ''} | ${name} | ${value ? `${spreadText(value)} ${unit}` : 'no figure'} | ${goal ? goalText(goal) : ''} | ${mark} |`;
  });
}

function details({
  name,
  tables = [],
  notes,
  ailments,
  compared,
  definition,
  soundRounds,
  voidRounds,
}: MeasureResult): string[] {
  const values = Object.entries(compared?.values ?? {}).flatMap(([subject, value]) =>
    value === null ? [] : [`${subject} ${spreadText(value)}`],
  );
  return [
    `### ${name}`,
    '',
    `${definition}. ${soundRounds} sound rounds, ${voidRounds} void.`,
    '',
    ...(compared && values.length > 0 ? [`- ${compared.unit}: ${values.join(' · ')}`] : []),
    ...notes.map((note) => `- ${note}`),
    ...ailments.map((one) => `- **unsound**: ${one}`),
    '',
    ...tables.flatMap(({ title, columns, rows: cells }) => [
      `${title}:`,
      '',
      `| ${columns.join(' | ')} |`,
      `|${columns.map(() => '---|').join('')}`,
      ...cells.map((row) => `| ${row.join(' | ')} |`),
      '',
    ]),
  ];
}
