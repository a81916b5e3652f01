import type { Spread } from '../measures/rounds.js';
import type { RatioResult, Report } from './report.js';
import { verdictOf } from './report.js';

const number = (value: number): string => value.toFixed(value >= 100 ? 0 : 2);
const spread = ({ median, min, max }: Spread): string =>
  `${number(median)} (${number(min)} to ${number(max)})`;

function lines(result: RatioResult): string[] {
  const { name, goal, ratio, values, unit, soundRounds, voidRounds, notes, rounds } = result;
  const figures = Object.entries(values).flatMap(([subject, value]) =>
    value === null ? [] : [`${subject} ${spread(value)}`],
  );
  const void_ = voidRounds > 0 ? `, ${voidRounds} void` : '';
  return [
    `${verdictOf(result).padEnd(8)} ${name.padEnd(6)} ${(ratio ? spread(ratio) : 'no figure').padEnd(26)} goal <= ${goal}   ${soundRounds} rounds${void_}`,
    ...(figures.length > 0 ? [`                ${unit}: ${figures.join(' · ')}`] : []),
    ...notes.map((note) => `                ${note}`),
    ...(ratio ? [] : rounds.flatMap(({ ailments }) => ailments.map((one) => `                void: ${one}`))),
  ];
}

export function printable(report: Report): string {
  const { machine, mode, seconds } = report;
  return [
    '',
    `${mode === 'quick' ? 'A trial: nothing to publish. ' : ''}${machine.cpus} × ${machine.model}, ${machine.memoryGiB} GiB, Node ${machine.node}, load ${machine.load.toFixed(1)} at the start, ${Math.round(seconds)} s`,
    '',
    ...report.ratios.flatMap(lines),
  ].join('\n');
}
