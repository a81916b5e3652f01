import type { Figure, MeasureResult, Report } from './report.js';
import { goalText, isReached, verdictOf } from './report.js';
import type { Spread } from './spread.js';

export const numberText = (value: number): string =>
  Number.isInteger(value)
    ? value.toLocaleString('en')
    : value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);

export const spreadText = ({ median, min, max }: Spread): string =>
  min === max ? numberText(median) : `${numberText(median)} (${numberText(min)} to ${numberText(max)})`;

function figureLine(figure: Figure): string {
  const { name, unit, value, goal } = figure;
  const mark = { true: '✓', false: '✗', null: ' ' }[String(isReached(figure)) as 'true' | 'false' | 'null'];
  const told = value === null ? 'no figure' : `${spreadText(value)}${unit === '' ? '' : ` ${unit}`}`;
  return `         ${mark} ${name.padEnd(42)} ${told}${goal === undefined ? '' : `   goal ${goalText(goal)}`}`;
}

function lines(result: MeasureResult): string[] {
  const { name, figures, compared, soundRounds, voidRounds, notes, ailments, tables = [] } = result;
  const values = Object.entries(compared?.values ?? {}).flatMap(([subject, value]) =>
    value === null ? [] : [`${subject} ${spreadText(value)}`],
  );
  const void_ = voidRounds > 0 ? `, ${voidRounds} void` : '';
  return [
    `${verdictOf(result).toUpperCase().padEnd(8)} ${name}   ${soundRounds} sound rounds${void_}`,
    ...figures.map(figureLine),
    ...(compared && values.length > 0 ? [`           ${compared.unit}: ${values.join(' · ')}`] : []),
    ...tables.flatMap(({ title, columns, rows }) => [
      `           ${title}`,
      ...[columns, ...rows].map(
        (row) => `             ${row.map((cell) => String(cell).padEnd(22)).join('')}`,
      ),
    ]),
    ...notes.map((note) => `           ${note}`),
    ...ailments.map((one) => `           UNSOUND: ${one}`),
    '',
  ];
}

export function printable(report: Report): string {
  const { machine, mode, seconds } = report;
  return [
    '',
    `${mode === 'quick' ? 'A trial: nothing to publish. ' : ''}${machine.cpus} × ${machine.model}, ${machine.memoryGiB} GiB, Node ${machine.node}, load ${machine.load.toFixed(1)} at the start, ${Math.round(seconds)} s`,
    '',
    ...report.results.flatMap(lines),
  ].join('\n');
}
