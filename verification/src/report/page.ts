import type { Summary } from './summary.js';
import { timelinePicture } from './timeline-picture.js';

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

function thousands(value: number): string {
  return value.toLocaleString('en-US');
}

const STYLE = `
:root { color-scheme: light dark; --ground: #fbfaf8; --card: #fff; --ink: #1d1b19; --soft: #6b6560; --line: #e4dfd8; --good: #1a7f4b; --bad: #b3261e; --accent: #2f5fd0; --fault: #d9822b; --p50: #2f5fd0; --p99: #c2487a; }
@media (prefers-color-scheme: dark) { :root { --ground: #151413; --card: #1f1d1b; --ink: #efebe6; --soft: #a39c94; --line: #38342f; --good: #5ecb92; --bad: #ff8a80; --accent: #86a8ff; --fault: #f0a45a; --p50: #86a8ff; --p99: #ff8fb8; } }
* { box-sizing: border-box } body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 64px } h1 { font-size: 26px; margin: 0 0 4px } h2 { font-size: 17px; margin: 36px 0 10px }
.soft { color: var(--soft) } .good { color: var(--good) } .bad { color: var(--bad) }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 10px; margin: 20px 0 }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px } .tile b { display: block; font-size: 22px; font-variant-numeric: tabular-nums } .tile span { color: var(--soft); font-size: 13px }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: 8px 12px; border-top: 1px solid var(--line); vertical-align: top } thead th { border-top: 0; font-size: 13px; color: var(--soft); font-weight: 600 } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
svg { display: block; width: 100%; height: auto } svg text { fill: var(--soft); font: 11px system-ui, sans-serif } code { font-size: 13px } ul { margin: 4px 0 0; padding-left: 18px }
.mark { font-weight: 700; white-space: nowrap }
`;

/** A page of its own: no script, no font, no address of anything else. */
export function reportPage(summary: Summary): string {
  const figure = (judge: string, name: string): number =>
    summary.verdicts.find((verdict) => verdict.name === judge)?.figures[name] ?? 0;
  const tiles: [string, string][] = [
    [thousands(figure('acknowledged-is-stored', 'acknowledged')), 'sends acknowledged'],
    [thousands(figure('acknowledged-is-stored', 'lost')), 'lost'],
    [thousands(figure('one-row-per-client-id', 'doubled')), 'doubled'],
    [
      thousands(figure('real-time-order', 'outOfOrder') + figure('sender-order', 'outOfOrder')),
      'out of order',
    ],
    [thousands(figure('no-leak', 'leaked')), 'leaked'],
    [thousands(summary.recoveries.length), 'faults injected'],
    [thousands(figure('no-empty-run', 'unknown')), 'unknown outcomes'],
    [thousands(figure('no-empty-run', 'repeats')), 'repeated sends'],
    [thousands(figure('no-empty-run', 'catchUps')), 'catch-ups'],
    [thousands(figure('no-empty-run', 'holes')), 'holes repaired live'],
    [`${thousands(figure('live-delivery', 'p50Ms'))} ms`, 'delivery, median'],
    [`${thousands(figure('live-delivery', 'p99Ms'))} ms`, 'delivery, 99 of 100'],
  ];
  const verdict = (passed: boolean): string =>
    passed ? '<span class="mark good">kept</span>' : '<span class="mark bad">BROKEN</span>';
  const figures = (values: Record<string, number>): string =>
    Object.entries(values)
      .map(([name, value]) => `${escaped(name)} ${thousands(value)}`)
      .join(' · ');
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

  const verdictRows = summary.verdicts.map(
    ({
      name,
      promises,
      sentence,
      passed,
      figures: values,
      violations,
    }) => `<tr><td>${verdict(passed)}</td><td class="soft">${promises.join(' ')}</td>
<td><b>${escaped(sentence)}</b><br><span class="soft"><code>${escaped(name)}</code> · ${figures(values)}</span>${
      violations.length === 0
        ? ''
        : `<ul class="bad">${violations
            .slice(0, 12)
            .map(({ t, what }) => `<li>at ${seconds(t)}: ${escaped(what)}</li>`)
            .join(
              '',
            )}</ul>${violations.length > 12 ? `<span class="bad">and ${String(violations.length - 12)} more</span>` : ''}`
    }</td></tr>`,
  );
  const storyRows = summary.stories.map(
    ({ name, sentence, passed, ms, details, figures: values }) =>
      `<tr><td>${verdict(passed)}</td><td><b>${escaped(sentence)}</b><br><span class="soft"><code>${escaped(name)}</code> · ${seconds(ms)} · ${figures(values)}</span>${details.length === 0 ? '' : `<ul class="bad">${details.map((detail) => `<li>${escaped(detail)}</li>`).join('')}</ul>`}</td></tr>`,
  );
  const faultRows = summary.recoveries.map(
    ({
      fault,
      sends,
      unknown,
      sendRecoveryMs,
      deliveryRecoveryMs,
      p50Ms,
      p99Ms,
      maxMs,
    }) => `<tr><td class="n">${seconds(fault.from)}</td><td><b>${escaped(fault.start.name)}</b> <span class="soft">${escaped(fault.start.target)}</span><br><span class="soft">${escaped(fault.proof ?? fault.missed ?? 'no proof')}</span></td>
<td class="n">${Number.isFinite(fault.to) ? seconds(fault.to - fault.from) : '—'}</td><td class="n">${thousands(sends)}</td><td class="n">${thousands(unknown)}</td><td class="n">${thousands(p50Ms)} / ${thousands(p99Ms)} / ${thousands(maxMs)}</td><td class="n">${seconds(sendRecoveryMs)}</td><td class="n">${seconds(deliveryRecoveryMs)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Parley: ${summary.passed ? 'every promise kept' : 'a promise was broken'}</title><style>${STYLE}</style></head>
<body><main>
<h1 class="${summary.passed ? 'good' : 'bad'}">${summary.passed ? 'Every promise was kept' : 'A promise was broken'}</h1>
<div class="soft">${escaped(summary.mode)} run of ${seconds(summary.durationMs)} on ${String(summary.instances)} instances: ${String(summary.people)} people with ${String(summary.devices)} devices in ${String(summary.conversations)} conversations · ${escaped(summary.startedAt)} · <code>--seed ${String(summary.seed)}</code></div>
<div class="tiles">${tiles.map(([value, label]) => `<div class="tile"><b>${value}</b><span>${label}</span></div>`).join('')}</div>
<h2>From commit to screen, through every fault</h2>
<div class="scroll">${timelinePicture(summary)}</div>
<h2>Promises</h2>
<div class="scroll"><table><tbody>${verdictRows.join('')}</tbody></table></div>
${storyRows.length === 0 ? '' : `<h2>Stories</h2><div class="scroll"><table><tbody>${storyRows.join('')}</tbody></table></div>`}
<h2>Faults</h2>
<div class="scroll"><table><thead><tr><th class="n">at</th><th>what, and the proof that it bit</th><th class="n">lasted</th><th class="n">sends</th><th class="n">unknown</th><th class="n">delivery ms p50 / p99 / max</th><th class="n">sends held up after heal</th><th class="n">deliveries</th></tr></thead><tbody>${faultRows.join('')}</tbody></table></div>
</main></body></html>
`;
}
