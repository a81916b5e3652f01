import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spreadText } from './print.js';
import type { MeasureResult, Report, Table } from './report.js';
import { goalText, isReached, verdictOf } from './report.js';

export interface PublishedIn {
  /** The page that holds all figures. */
  readonly figures: string;
  /** The decision that rests on how the adapters compare. */
  readonly adapters: string;
}

/** Puts the figures of the last run between the marks of the documents; answers the exit code. */
export function publish(reportDir: string, { figures, adapters }: PublishedIn): number {
  const report = JSON.parse(readFileSync(join(reportDir, 'report.json'), 'utf8')) as Report;
  if (report.mode !== 'full') {
    console.error('The last run was a trial: there is nothing to publish.');
    return 1;
  }
  fill(figures, 'figures', figuresOf(report));
  const bus = report.results.find(({ name }) => name === 'X_node');
  if (bus && verdictOf(bus) !== 'void') {
    const { startedAt, machine } = report;
    const when = `Run of ${startedAt.slice(0, 10)} on ${machine.cpus} × ${machine.model}; ${bus.definition}.`;
    fill(adapters, 'adapters', [when, '', ...(bus.tables ?? []).flatMap(tableLines)].join('\n'));
  }
  console.log(`The figures of ${report.startedAt} stand in ${figures}`);
  return 0;
}

/** Between `<!-- name: … -->` and `<!-- end of name -->`. */
function fill(path: string, name: string, content: string): void {
  const begin = `<!-- ${name}: written by \`npm run bench -- --publish\` -->`;
  const end = `<!-- end of ${name} -->`;
  const page = readFileSync(path, 'utf8');
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${path} has no place for ${name}`);
  writeFileSync(path, `${before}${begin}\n\n${content}\n\n${end}${after}`);
}

function tableLines({ title, columns, rows: cells }: Table): string[] {
  return [
    `${title}:`,
    '',
    `| ${columns.join(' | ')} |`,
    `|${columns.map(() => '---|').join('')}`,
    ...cells.map((row) => `| ${row.join(' | ')} |`),
    '',
  ];
}

function figuresOf({ startedAt, machine, results, seconds }: Report): string {
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
  measuredAt = '',
  soundRounds,
  voidRounds,
}: MeasureResult): string[] {
  const values = Object.entries(compared?.values ?? {}).flatMap(([subject, value]) =>
    value === null ? [] : [`${subject} ${spreadText(value)}`],
  );
  return [
    `### ${name}`,
    '',
    `${definition}. Measured ${measuredAt.slice(0, 10)}, ${measuredAt.slice(11, 16)} UTC; ${soundRounds} sound rounds, ${voidRounds} void.`,
    '',
    ...(compared && values.length > 0 ? [`- ${compared.unit}: ${values.join(' · ')}`] : []),
    ...notes.map((note) => `- ${note}`),
    ...ailments.map((one) => `- **unsound**: ${one}`),
    '',
    ...tables.flatMap(tableLines),
  ];
}
