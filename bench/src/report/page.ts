import { curvePicture } from './curve-picture.js';
import { escaped } from './escaped.js';
import { numberText, spreadText } from './print.js';
import type { Figure, MeasureResult, Report, Table, Verdict } from './report.js';
import { goalText, isReached, verdictOf } from './report.js';

const STYLE = `
:root { color-scheme: light dark; --ground: #fbfaf8; --card: #fff; --ink: #1d1b19; --soft: #6b6560; --line: #e4dfd8; --good: #1a7f4b; --bad: #b3261e; --void: #9a5b12; --one: #2f5fd0; --two: #b8336a; --three: #1a7f4b; --bar: #2f5fd0; --past: #d9822b }
@media (prefers-color-scheme: dark) { :root { --ground: #151413; --card: #1f1d1b; --ink: #efebe6; --soft: #a8a199; --line: #38342f; --good: #5ecb92; --bad: #ff8a80; --void: #f0b97e; --one: #86a8ff; --two: #ff8fb8; --three: #5ecb92; --bar: #86a8ff; --past: #f0a45a } }
* { box-sizing: border-box } body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 64px } h1 { font-size: 26px; line-height: 1.25; margin: 0 0 6px } h2 { font-size: 18px; margin: 0 0 4px; display: flex; gap: 10px; align-items: baseline } h3 { font-size: 13px; color: var(--soft); font-weight: 600; margin: 18px 0 4px } p { margin: 0 0 12px; max-width: 90ch }
a { color: inherit } .soft { color: var(--soft) } .reached { color: var(--good) } .missed { color: var(--bad) } .void { color: var(--void) } .told { color: var(--soft) }
.mark { font-weight: 700; font-size: 13px; white-space: nowrap }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; margin: 16px 0; scroll-margin-top: 12px } .wide { overflow-x: auto }
.glance { display: grid; grid-template-columns: minmax(84px, auto) minmax(180px, 1fr) auto auto; gap: 7px 16px; align-items: center } .glance b { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap } .glance .goal { white-space: nowrap }
.bar { height: 14px; background: color-mix(in srgb, var(--line) 60%, transparent); border-radius: 4px; position: relative; overflow: hidden } .bar i { display: block; height: 100%; background: var(--bar); border-radius: 4px } .bar i.past { background: var(--past) } .bar em { position: absolute; top: 0; bottom: 0; width: 2px; background: var(--ink) }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: 5px 12px 5px 0; vertical-align: top } tr + tr > *, tbody tr:first-child > td { border-top: 1px solid var(--line) } thead th { font-size: 13px; color: var(--soft); font-weight: 600 } .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
svg { display: block; width: 100%; height: auto } svg text { fill: var(--soft); font: 11px system-ui, sans-serif } ul { margin: 8px 0 0; padding-left: 18px; overflow-wrap: anywhere }
@media (max-width: 640px) { .glance { grid-template-columns: auto 1fr } .glance .goal { display: none } .glance .bar { grid-column: 1 / -1; order: 1 } .glance > * { order: 0 } }
`;

const WORD: Record<Verdict, string> = {
  reached: 'reached',
  missed: 'MISSED',
  void: 'UNSOUND',
  told: 'told',
};

/** A page of its own: no script, no font, no address of anything else. */
export function reportPage(report: Report): string {
  const { results, machine, mode, startedAt, seconds } = report;
  const verdicts = results.map(verdictOf);
  const count = (verdict: Verdict): number => verdicts.filter((one) => one === verdict).length;
  const title =
    count('void') > 0
      ? `${count('void')} of ${results.length} measures are unsound`
      : count('missed') > 0
        ? `${count('missed')} of ${results.length} measures missed a goal`
        : 'Every goal was reached';
  const tone = count('void') > 0 ? 'void' : count('missed') > 0 ? 'missed' : 'reached';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Parley bench: ${title}</title><style>${STYLE}</style></head>
<body><main>
<h1 class="${tone}">${title}</h1>
<p class="soft">${mode === 'quick' ? '<b class="missed">A trial with small sizes: nothing to publish.</b> ' : ''}${escaped(startedAt.slice(0, 10))}, ${escaped(startedAt.slice(11, 16))} UTC, ${Math.round(seconds / 60)} minutes. ${machine.cpus} × ${escaped(machine.model)}, ${machine.memoryGiB} GiB, ${escaped(machine.kernel)}, Node ${escaped(machine.node)}; generators, servers and services share it. Load ${machine.load.toFixed(1)} when it began.</p>
<div class="card glance">${results.map(glanceRow).join('')}</div>
<p class="soft">A bar is the figure against its goal, the line: left of it where less is better, right of it where more is. Where a measure missed a goal, it is that goal's. Ratios and counts are what a change is judged by; times belong to this machine.</p>
${results.map(section).join('\n')}
</main></body></html>
`;
}

function glanceRow(result: MeasureResult): string {
  const verdict = verdictOf(result);
  // What was missed is what one should see first.
  const figure = result.figures.find((one) => isReached(one) === false) ?? result.figures[0];
  const name = `<a href="#${escaped(result.name)}">${escaped(result.name)}</a>`;
  if (!figure?.value)
    return `<span>${name}</span><span class="soft">no figure</span><b></b><span class="mark ${verdict}">${WORD[verdict]}</span>`;
  return `<span>${name}</span>${bar(figure)}<b>${numberText(figure.value.median)} ${escaped(figure.unit)} <span class="soft goal">${figure.goal ? goalText(figure.goal) : ''}</span></b><span class="mark ${verdict}">${WORD[verdict]}</span>`;
}

/** The goal stands at two thirds, so that both sides of it are seen. */
const GOAL_AT = 66;

function bar({ value, goal }: Figure): string {
  if (!value || !goal) return '<span></span>';
  const bound = 'atMost' in goal ? goal.atMost : goal.atLeast;
  const share = bound === 0 ? (value.median > 0 ? 100 : 0) : Math.min(100, (value.median / bound) * GOAL_AT);
  const past = isReached({ name: '', unit: '', value, goal }) === false;
  return `<span class="bar"><i class="${past ? 'past' : ''}" style="width:${share.toFixed(1)}%"></i><em style="left:${bound === 0 ? 0 : GOAL_AT}%"></em></span>`;
}

function section(result: MeasureResult): string {
  const { name, definition, figures, compared, tables = [], curves = [], notes, ailments } = result;
  const verdict = verdictOf(result);
  const rounds =
    result.soundRounds + result.voidRounds > 1
      ? `${result.soundRounds} sound rounds${result.voidRounds > 0 ? `, ${result.voidRounds} void` : ''}: median, least and greatest.`
      : '';
  return `<section class="card" id="${escaped(name)}">
<h2>${escaped(name)} <span class="mark ${verdict}">${WORD[verdict]}</span></h2>
<p class="soft">${escaped(definition)}. ${rounds}</p>
${ailments.length === 0 ? '' : `<ul class="void">${ailments.map((one) => `<li>${escaped(one)}</li>`).join('')}</ul>`}
<div class="wide"><table><tbody>${figures.map(figureRow).join('')}${Object.entries(compared?.values ?? {})
    .map(([subject, value]) =>
      value === null
        ? ''
        : `<tr><td class="soft">${escaped(subject)}</td><td class="n soft">${spreadText(value)}</td><td class="soft">${escaped(compared?.unit ?? '')}</td><td></td></tr>`,
    )
    .join('')}</tbody></table></div>
${curves.map((curve) => `<h3>${escaped(curve.title)}</h3>${curvePicture(curve)}`).join('')}
${tables.map(tableOf).join('')}
${notes.length === 0 ? '' : `<ul class="soft">${notes.map((note) => `<li>${escaped(note)}</li>`).join('')}</ul>`}
</section>`;
}

function figureRow(figure: Figure): string {
  const { name, unit, value, goal } = figure;
  const reached = isReached(figure);
  const tone = reached === null ? '' : reached ? 'reached' : 'missed';
  return `<tr><td>${escaped(name)}</td><td class="n ${tone}">${value ? spreadText(value) : 'no figure'}</td><td class="soft">${escaped(unit)}</td><td class="n soft">${goal ? `goal ${goalText(goal)}` : ''}</td></tr>`;
}

function tableOf({ title, columns, rows }: Table): string {
  const cell = (value: string | number, index: number): string =>
    `<td class="${index === 0 ? '' : 'n'}">${escaped(String(value))}</td>`;
  return `<h3>${escaped(title)}</h3><div class="wide"><table><thead><tr>${columns.map((column, index) => `<th class="${index === 0 ? '' : 'n'}">${escaped(column)}</th>`).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('')}</tbody></table></div>`;
}
