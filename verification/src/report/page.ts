import type { Recovery } from '../judges/recovery.js';
import { figureText, seconds, shortly, thousands } from './figures.js';
import type { Summary, Verdict } from './summary.js';
import { timelinePicture } from './timeline-picture.js';

export function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/** What broke a promise is shown so often before it is only counted. */
const SHOWN_VIOLATIONS = 12;
/** G5 allows ten seconds; what comes near is marked. */
const LONG_MS = 5_000;

const STYLE = `
:root { color-scheme: light dark; --ground: #fbfaf8; --card: #fff; --ink: #1d1b19; --soft: #6b6560; --line: #e4dfd8; --good: #1a7f4b; --bad: #b3261e; --accent: #2f5fd0; --fault: #d9822b; --late: #9a5b12; --p50: #2f5fd0; --p99: #b8336a; }
@media (prefers-color-scheme: dark) { :root { --ground: #151413; --card: #1f1d1b; --ink: #efebe6; --soft: #a8a199; --line: #38342f; --good: #5ecb92; --bad: #ff8a80; --accent: #86a8ff; --fault: #f0a45a; --late: #f0b97e; --p50: #86a8ff; --p99: #ff8fb8; } }
* { box-sizing: border-box } body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 1160px; margin: 0 auto; padding: 32px 20px 64px } h1 { font-size: 26px; line-height: 1.25; margin: 0 0 6px } h2 { font-size: 17px; margin: 36px 0 6px; scroll-margin-top: 12px } p { margin: 0 0 12px; max-width: 80ch }
a { color: var(--accent) } nav { margin-top: 8px; display: flex; flex-wrap: wrap; gap: 4px 18px }
.soft { color: var(--soft) } .good { color: var(--good) } .bad { color: var(--bad) } .late { color: var(--late); font-weight: 600 }
.tiles { display: grid; grid-template-columns: repeat(6, 1fr); gap: 10px; margin: 20px 0 }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 14px } .tile b { display: block; font-size: 22px; font-variant-numeric: tabular-nums } .tile span { display: block; color: var(--soft); font-size: 13px; line-height: 1.35 }
.card { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px } .broken { border-color: var(--bad); padding: 14px 18px; margin: 20px 0 } .broken p:last-child { margin: 0 }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: 8px 12px; vertical-align: top } tr + tr > *, tbody tr:first-child > td { border-top: 1px solid var(--line) } table:not(:has(thead)) tr:first-child > td { border-top: 0 }
thead th { font-size: 13px; color: var(--soft); font-weight: 600; vertical-align: bottom } .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap } th.n { white-space: normal }
.picture svg { display: block; width: 100%; min-width: 900px; height: auto } svg text { fill: var(--soft); font: 11px system-ui, sans-serif } code { font-size: 13px } ul { margin: 4px 0 0; padding-left: 18px; overflow-wrap: anywhere }
.mark { font-weight: 700; white-space: nowrap } .promises { white-space: nowrap } .figure { white-space: nowrap } tr:target { background: color-mix(in srgb, var(--fault) 16%, transparent) }
@media (max-width: 860px) { .tiles { grid-template-columns: repeat(auto-fill, minmax(140px, 1fr)) } }
@media (max-width: 640px) {
  table, tbody, tr, td { display: block } thead { display: none } tr { padding: 10px 14px } td { padding: 0 } tr + tr { border-top: 1px solid var(--line) } tr > td { border: 0 !important }
  .judged td:nth-child(-n + 2):not(:last-child), .told td:first-child { display: inline-block; margin-right: 10px }
  .faults td.n { display: flex; justify-content: space-between; gap: 16px } .faults td.n::before { content: attr(data-label); color: var(--soft) } .faults td.number { display: block; float: left; margin-right: 8px } .faults td.number::before { content: none }
}
`;

/** A page of its own: no script, no font, no address of anything else. */
export function reportPage(summary: Summary): string {
  const broken = summary.verdicts.filter(({ passed }) => !passed);
  const failed = summary.stories.filter(({ passed }) => !passed);
  const title = summary.passed ? 'Every promise was kept' : 'A promise was broken';
  const sections: [string, string, string][] = [
    ['picture', 'From commit to screen, through every fault', pictureSection(summary)],
    ['promises', 'Promises', `<div class="card"><table class="judged">${verdictRows(summary)}</table></div>`],
    ...(summary.stories.length === 0
      ? []
      : [
          [
            'stories',
            'Stories',
            `<div class="card"><table class="told">${storyRows(summary)}</table></div>`,
          ] as [string, string, string],
        ]),
    ...(summary.recoveries.length === 0
      ? []
      : [['faults', 'Faults', faultSection(summary)] as [string, string, string]]),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Parley: ${summary.passed ? 'every promise kept' : 'a promise was broken'}</title><style>${STYLE}</style></head>
<body><main>
<h1 class="${summary.passed ? 'good' : 'bad'}">${title}</h1>
<div class="soft">A ${escaped(summary.mode)} run of ${duration(summary.durationMs)}${summary.instances === 0 ? '' : ` on ${String(summary.instances)} instances`}: ${String(summary.people)} people with ${String(summary.devices)} devices in ${String(summary.conversations)} conversations. ${escaped(startOf(summary))}. <code>--seed ${String(summary.seed)}</code></div>
<nav>${sections.map(([id, name]) => `<a href="#${id}">${id === 'picture' ? 'Picture' : name}</a>`).join('')}</nav>
${
  summary.passed
    ? ''
    : `<div class="card broken">${[
        ...broken.map(
          ({ name, sentence, violations }) =>
            `<p><b>${escaped(sentence)}</b> <a href="#${escaped(name)}"><code>${escaped(name)}</code></a><br><span class="bad">${escaped(violations[0]?.what ?? '')}</span>${violations.length > 1 ? ` <span class="soft">and ${thousands(violations.length - 1)} more</span>` : ''}</p>`,
        ),
        ...failed.map(
          ({ name, sentence, details }) =>
            `<p><b>${escaped(sentence)}</b> <a href="#${escaped(name)}"><code>${escaped(name)}</code></a><br><span class="bad">${escaped(details[0] ?? '')}</span></p>`,
        ),
      ].join('')}</div>`
}
${tiles(summary)}
${sections.map(([id, name, body]) => `<h2 id="${id}">${name}</h2>\n${body}`).join('\n')}
</main></body></html>
`;
}

function duration(ms: number): string {
  const whole = Math.round(ms / 1_000);
  return whole < 120 ? `${String(whole)} s` : `${String(Math.floor(whole / 60))} min ${String(whole % 60)} s`;
}

function startOf({ startedAt }: Summary): string {
  return `${startedAt.slice(0, 10)}, ${startedAt.slice(11, 16)} UTC`;
}

function tiles(summary: Summary): string {
  const figure = (judge: string, name: string): number =>
    summary.verdicts.find((verdict) => verdict.name === judge)?.figures[name] ?? 0;
  /** What must be 0 says so by its colour. */
  const none = (value: number, label: string): [string, string, string] => [
    thousands(value),
    label,
    value === 0 ? 'good' : 'bad',
  ];
  const some = (text: string, label: string): [string, string, string] => [text, label, ''];
  const shown = [
    some(thousands(figure('acknowledged-is-stored', 'acknowledged')), 'sends acknowledged'),
    none(figure('acknowledged-is-stored', 'lost'), 'lost'),
    none(figure('one-row-per-client-id', 'doubled'), 'doubled'),
    none(figure('real-time-order', 'outOfOrder') + figure('sender-order', 'outOfOrder'), 'out of order'),
    none(figure('no-leak', 'leaked'), 'leaked'),
    some(thousands(summary.recoveries.length), 'faults injected'),
    some(thousands(figure('no-empty-run', 'unknown')), 'sends of unknown outcome'),
    some(thousands(figure('no-empty-run', 'repeats')), 'sends repeated'),
    some(thousands(figure('no-empty-run', 'catchUps')), 'catch-ups'),
    some(thousands(figure('no-empty-run', 'holes')), 'holes repaired live'),
    some(shortly(figure('live-delivery', 'p50Ms')), 'delivery, median'),
    some(shortly(figure('live-delivery', 'p99Ms')), 'delivery, 99 of 100'),
  ];
  return `<div class="tiles">${shown.map(([value, label, tone]) => `<div class="tile"><b class="${tone}">${value}</b><span>${label}</span></div>`).join('')}</div>`;
}

function figures(values: Record<string, number>): string {
  return Object.entries(values)
    .map(([name, number]) => {
      const { label, value } = figureText(name, number);
      return ` · <span class="figure">${escaped(label)} ${value}</span>`;
    })
    .join('');
}

function mark(passed: boolean): string {
  return passed ? '<span class="mark good">kept</span>' : '<span class="mark bad">BROKEN</span>';
}

function list(items: string[]): string {
  return items.length === 0
    ? ''
    : `<ul class="bad">${items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`;
}

/** What is broken first. */
function verdictRows({ verdicts }: Summary): string {
  const row = ({ name, promises, sentence, passed, figures: values, violations }: Verdict): string =>
    `<tr id="${escaped(name)}"><td>${mark(passed)}</td><td class="soft promises">${promises.slice(0, 2).join(' ')}${promises.length > 2 ? `<br>${promises.slice(2).join(' ')}` : ''}</td>
<td><b>${escaped(sentence)}</b><br><span class="soft"><code>${escaped(name)}</code>${figures(values)}</span>${list(
      violations.slice(0, SHOWN_VIOLATIONS).map(({ t, what }) => `at ${seconds(t)}: ${what}`),
    )}${violations.length > SHOWN_VIOLATIONS ? `<span class="bad">and ${thousands(violations.length - SHOWN_VIOLATIONS)} more</span>` : ''}</td></tr>`;
  return [...verdicts]
    .sort((left, right) => Number(left.passed) - Number(right.passed))
    .map(row)
    .join('');
}

function storyRows({ stories }: Summary): string {
  return [...stories]
    .sort((left, right) => Number(left.passed) - Number(right.passed))
    .map(
      ({ name, sentence, passed, ms, details, figures: values }) =>
        `<tr id="${escaped(name)}"><td>${mark(passed)}</td><td><b>${escaped(sentence)}</b><br><span class="soft"><code>${escaped(name)}</code> · <span class="figure">took ${seconds(ms)}</span>${figures(values)}</span>${list(details)}</td></tr>`,
    )
    .join('');
}

function slowest(recoveries: Recovery[], by: (recovery: Recovery) => number): string {
  const [first, ...others] = recoveries;
  if (first === undefined) return '';
  const worst = others.reduce((found, next) => (by(next) > by(found) ? next : found), first);
  const number = recoveries.indexOf(worst) + 1;
  return `${seconds(by(worst))} after <a href="#fault-${String(number)}">${String(number)}, ${escaped(worst.fault.start.name)}</a>`;
}

function pictureSection(summary: Summary): string {
  const { recoveries } = summary;
  const told =
    recoveries.length === 0
      ? 'No fault was injected.'
      : `Each shade is a fault; the numbers lead to the <a href="#faults">list</a>. Below, a solid bar is the fault and the pale one behind it the time until what it held up for more than a second, without a pause of three, was through. Slowest: sends ${slowest(recoveries, ({ sendRecoveryMs }) => sendRecoveryMs)}; deliveries ${slowest(recoveries, ({ deliveryRecoveryMs }) => deliveryRecoveryMs)}.`;
  return `<p class="soft">How long a change took from its commit to each device that was connected. ${told}</p>
<div class="card picture" tabindex="0" role="group" aria-label="Picture of the run, scrolls sideways">${timelinePicture(summary)}</div>`;
}

function faultSection({ recoveries }: Summary): string {
  const late = (ms: number): string => `<span class="${ms > LONG_MS ? 'late' : ''}">${seconds(ms)}</span>`;
  const cell = (label: string, body: string): string => `<td class="n" data-label="${label}">${body}</td>`;
  const rows = recoveries.map(
    ({ fault, sends, unknown, sendRecoveryMs, deliveryRecoveryMs, deliveries, p50Ms, p99Ms, maxMs }, index) =>
      `<tr id="fault-${String(index + 1)}"><td class="n number">${String(index + 1)}</td><td><b>${escaped(fault.start.name)}</b>${fault.start.name.includes(fault.start.target) ? '' : ` <span class="soft">${escaped(fault.start.target)}</span>`}<br><span class="soft">${escaped(fault.proof ?? fault.missed ?? 'no proof')}</span></td>
${cell('at', seconds(fault.from))}${cell('lasted', Number.isFinite(fault.to) ? seconds(fault.to - fault.from) : '—')}${cell('sends', thousands(sends))}${cell('of unknown outcome', thousands(unknown))}${cell(
        'delivery in ms',
        deliveries === 0 ? '—' : `${thousands(p50Ms)} / ${thousands(p99Ms)} / ${thousands(maxMs)}`,
      )}${cell('after the heal: sends through in', late(sendRecoveryMs))}${cell('deliveries through in', late(deliveryRecoveryMs))}</tr>`,
  );
  return `<p class="soft">In the order in which they came. Each one counts until the next begins, so what a fault leaves behind is told with it. Delivery: the median, 99 of 100, and the slowest.</p>
<div class="card"><table class="faults"><thead><tr><th class="n">no.</th><th>what, and the proof that it bit</th><th class="n">at</th><th class="n">lasted</th><th class="n">sends</th><th class="n">unknown</th><th class="n">delivery in ms</th><th class="n">after the heal: sends through in</th><th class="n">deliveries through in</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}
