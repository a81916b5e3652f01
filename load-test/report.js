// @ts-check
// The report of a run: one HTML file with its charts in it, readable without a network, in light and dark, on a phone and on paper.

/** @typedef {import('./summary.js').Summary} Summary */
/** @typedef {{ label: string, color: string, dash?: string, values: (number | null)[] }} Series */

const WIDTH = 480;
const HEIGHT = 240;
const EDGE = { left: 52, right: 18, top: 24, bottom: 34 };
const TARGET_MS = 100;

/** @param {unknown} text */
const escape = (text) =>
  String(text).replace(
    /[&<>"]/g,
    (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? '',
  );

/** @param {number} value */
const whole = (value) =>
  Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, '\u202f');
/** @param {number} value */
const short = (value) => (value >= 100 ? whole(value) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
/** @param {number | null | undefined} value */
const ms = (value) => (value == null ? '–' : `${short(value)} ms`);
/** @param {number} seconds */
const clock = (seconds) =>
  seconds >= 3_600
    ? `${Math.floor(seconds / 3_600)}:${String(Math.floor((seconds % 3_600) / 60)).padStart(2, '0')} h`
    : `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}`;

/** Round numbers from 0 to at least `most`. @param {number} most */
function ticks(most) {
  const rough = Math.max(most, 1e-9) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step);
}

/**
 * @param {{ title: string, about: string, labels: string[], series: Series[], unit: string, target?: number }} chart
 */
function lineChart({ title, about, labels, series, unit, target }) {
  const most = Math.max(1, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  // A target far above everything would press the lines flat.
  const shownTarget = target !== undefined && target < most * 4 ? target : undefined;
  const scale = ticks(Math.max(most, shownTarget ?? 0));
  const top = scale.at(-1) ?? 1;
  /** @param {number} index */
  const x = (index) =>
    EDGE.left + (index * (WIDTH - EDGE.left - EDGE.right)) / Math.max(1, labels.length - 1);
  /** @param {number} value */
  const y = (value) => HEIGHT - EDGE.bottom - (value / top) * (HEIGHT - EDGE.top - EDGE.bottom);
  const grid = scale
    .map(
      (value) =>
        `<line class="grid" x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/>` +
        `<text x="${EDGE.left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${value >= 1_000 ? whole(value) : Number(value.toPrecision(3))}</text>`,
    )
    .join('');
  const every = Math.max(1, Math.ceil(labels.length / 7));
  const names = labels
    .map((label, index) =>
      index % every === 0
        ? `<text x="${x(index).toFixed(1)}" y="${HEIGHT - EDGE.bottom + 20}" text-anchor="middle">${escape(label)}</text>`
        : '',
    )
    .join('');
  const lines = series
    .map(({ label, color, dash, values }) => {
      let path = '';
      let drawing = false;
      for (const [index, value] of values.entries()) {
        if (value !== null) path += `${drawing ? 'L' : 'M'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
        drawing = value !== null;
      }
      const points = values
        .map((value, index) =>
          value === null
            ? ''
            : `<circle cx="${x(index).toFixed(1)}" cy="${y(value).toFixed(1)}" r="6"><title>${escape(`${labels[index] ?? ''}: ${label} ${short(value)} ${unit}`)}</title></circle>`,
        )
        .join('');
      return `<path class="line ${color}"${dash ? ` stroke-dasharray="${dash}"` : ''} d="${path}"/><g class="points">${points}</g>`;
    })
    .join('');
  const goal =
    shownTarget === undefined
      ? ''
      : `<line class="target" x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${y(shownTarget).toFixed(1)}" y2="${y(shownTarget).toFixed(1)}"/>` +
        `<text class="target" x="${WIDTH - EDGE.right}" y="${(y(shownTarget) - 5).toFixed(1)}" text-anchor="end">limit of p95: ${shownTarget} ${escape(unit)}</text>`;
  const legend = series
    .map(
      ({ label, color, dash }) =>
        `<li><svg viewBox="0 0 24 8" aria-hidden="true"><path class="line ${color}"${dash ? ` stroke-dasharray="${dash}"` : ''} d="M0 4H24"/></svg>${escape(label)}</li>`,
    )
    .join('');
  const rows = labels.map((label, index) => [
    label,
    ...series.map(({ values }) => {
      const value = values[index];
      return value == null ? '–' : short(value);
    }),
  ]);
  return `<figure>
<figcaption><h3>${escape(title)}</h3><p>${escape(about)}</p><ul class="legend">${legend}</ul></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(`${title}, in ${unit}`)}">${grid}${names}${goal}${lines}</svg>
<details><summary>As a table</summary>${table(['', ...series.map(({ label }) => `${label} (${unit})`)], rows)}</details>
</figure>`;
}

/** @param {{ title: string, about: string, bars: { label: string, value: number, note: string }[], unit: string }} chart */
function barChart({ title, about, bars, unit }) {
  const most = Math.max(1e-9, ...bars.map(({ value }) => value));
  const items = bars
    .map(
      ({ label, value, note }) =>
        `<li><span>${escape(label)}</span><span class="bar"><i style="width:${((100 * value) / most).toFixed(1)}%"></i></span><b>${short(value)} ${unit}</b><small>${escape(note)}</small></li>`,
    )
    .join('');
  return `<figure><figcaption><h3>${escape(title)}</h3><p>${escape(about)}</p></figcaption><ul class="bars">${items}</ul></figure>`;
}

/** @param {string[]} heads @param {(string | number)[][]} rows */
function table(heads, rows) {
  const head = heads.map((text) => `<th scope="col">${escape(text)}</th>`).join('');
  const body = rows
    .map(
      ([first, ...others]) =>
        `<tr><th scope="row">${escape(first)}</th>${others.map((text) => `<td>${escape(text)}</td>`).join('')}</tr>`,
    )
    .join('');
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** @param {Summary} summary */
function charts(summary) {
  const labels = summary.timeline.map(({ from }) => clock(from));
  /** @param {'ackMs' | 'deliveryMs'} of @returns {Series[]} */
  const latency = (of) => [
    { label: 'median', color: 'a', values: summary.timeline.map((slot) => slot[of]?.med ?? null) },
    { label: 'p95', color: 'b', dash: '7 3', values: summary.timeline.map((slot) => slot[of]?.p95 ?? null) },
    { label: 'p99', color: 'c', dash: '2 3', values: summary.timeline.map((slot) => slot[of]?.p99 ?? null) },
  ];
  const shares = /** @type {const} */ (['med', 'p75', 'p90', 'p95', 'p99', 'p999', 'max']);
  const { ackMs, deliveryMs } = summary;
  const parts = [
    lineChart({
      title: 'Until acknowledged',
      about: 'From the moment a message was due to its acknowledgement: by then it is stored.',
      labels,
      series: latency('ackMs'),
      unit: 'ms',
      target: TARGET_MS,
    }),
    lineChart({
      title: 'Until delivered',
      about: 'From the moment a message was due to its arrival at each other person.',
      labels,
      series: latency('deliveryMs'),
      unit: 'ms',
      target: TARGET_MS,
    }),
    lineChart({
      title: 'Messages',
      about: 'Where the two lines part, the server did not keep up.',
      labels,
      series: [
        {
          label: 'due',
          color: 'a',
          values: summary.timeline.map(({ offeredPerSecond }) => offeredPerSecond),
        },
        {
          label: 'acknowledged',
          color: 'b',
          dash: '7 3',
          values: summary.timeline.map(({ acknowledgedPerSecond }) => acknowledgedPerSecond),
        },
      ],
      unit: 'a second',
    }),
    lineChart({
      title: 'Deliveries',
      about: 'Each message goes to three others; what the sender gets back is not counted.',
      labels,
      series: [
        {
          label: 'delivered',
          color: 'a',
          values: summary.timeline.map(({ deliveriesPerSecond }) => deliveriesPerSecond),
        },
      ],
      unit: 'a second',
    }),
  ];
  if (ackMs && deliveryMs) {
    parts.push(
      lineChart({
        title: 'The slow ones',
        about: 'So many of a hundred are at least this fast; at the right the slowest of all.',
        labels: ['50', '75', '90', '95', '99', '99.9', '100'],
        series: [
          { label: 'acknowledged', color: 'a', values: shares.map((share) => ackMs[share]) },
          { label: 'delivered', color: 'b', dash: '7 3', values: shares.map((share) => deliveryMs[share]) },
        ],
        unit: 'ms',
      }),
    );
  }
  if (summary.requests.length > 0) {
    parts.push(
      barChart({
        title: 'REST requests, p95',
        about: 'Registering and signing in hash a password, which is slow on purpose.',
        bars: summary.requests.map(({ route, times }) => ({
          label: route,
          value: times.p95,
          note: `median ${ms(times.med)}, ${whole(times.count)} requests`,
        })),
        unit: 'ms',
      }),
    );
  }
  return parts.join('\n');
}

/** What a reader has to know before believing the figures. @param {Summary} summary */
export function remarksOn(summary) {
  const remarks = [];
  if (summary.visitsDropped > 0) {
    remarks.push(
      `${whole(summary.visitsDropped)} visits and readings could not begin, because all of k6's users were still busy: the load was less than asked for.`,
    );
  }
  if (summary.limits.some(({ metric, passed }) => metric === 'parley_rate_limited' && !passed)) {
    remarks.push(
      'The rate limits of the server stood in the way. What waited for them is not in the times; start the servers with a higher RATE_LIMIT_SCALE.',
    );
  }
  if (summary.failures.length > 0) {
    const parts = summary.failures.map(
      ({ says, failed, tried }) => `${says} (${whole(failed)} of ${whole(tried)})`,
    );
    remarks.push(`What failed: ${parts.join(', ')}. k6 wrote the first reasons to the terminal.`);
  }
  if (summary.connectionsCut > 0) {
    remarks.push(
      `Connections that were cut, and made again: ${whole(summary.connectionsCut)}. What was sent meanwhile is followed like the rest.`,
    );
  }
  if (summary.holesRepaired > 0) {
    remarks.push(`Holes that a client filled by asking, also after a cut: ${whole(summary.holesRepaired)}.`);
  }
  if (summary.scenario === 'stress' && summary.sustainedPerSecond) {
    remarks.push(
      `Up to ${short(summary.sustainedPerSecond)} messages a second, everything was answered without an error and p95 stayed below ${TARGET_MS} ms.`,
    );
  }
  if (!summary.uploads)
    remarks.push('This server has no uploads (POST /uploads answers NOT_FOUND): none were tried.');
  if (summary.madeAdmin !== null) {
    remarks.push(
      `The first account of this install was made by this test, and is its administrator: ${summary.madeAdmin}. Do not let people in.`,
    );
  }
  return remarks;
}

/** @param {Summary} summary */
export function renderReport(summary) {
  const title = `Load test: ${summary.scenario}`;
  const key = [
    ['p95 until acknowledged', ms(summary.ackMs?.p95)],
    ['p95 until delivered', ms(summary.deliveryMs?.p95)],
    ['messages acknowledged', whole(summary.messages.acknowledged)],
    ['most in a second', short(summary.messages.mostPerSecond)],
    ['deliveries', whole(summary.messages.deliveries)],
    ['lost, doubled, out of order', faultsOf(summary)],
  ]
    .map(([label, value]) => `<div><dt>${escape(label)}</dt><dd>${escape(value)}</dd></div>`)
    .join('');
  const limits = summary.limits
    .map(
      ({ says, measured, passed }) =>
        `<li class="${passed ? 'good' : 'bad'}"><b>${passed ? 'kept' : 'not kept'}</b><span>${escape(says)}</span><em>${escape(measured)}</em></li>`,
    )
    .join('');
  const remarks = remarksOn(summary)
    .map((remark) => `<li>${escape(remark)}</li>`)
    .join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)} · Parley</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<p class="verdict ${summary.passed ? 'good' : 'bad'}">${summary.passed ? 'All limits kept' : 'Not all limits kept'}</p>
<h1>${escape(title)}</h1>
<p>${escape(summary.about)}</p>
<p class="quiet">${escape(summary.baseUrl)} · ${escape(summary.finishedAt.replace('T', ' ').slice(0, 16))} UTC · ${clock(summary.seconds)} min · up to ${short(summary.plan.messagesPerSecond)} messages a second in ${summary.plan.conversations} conversations of four</p>
</header>
<dl class="key">${key}</dl>
<section><h2>What had to hold</h2><ul class="limits">${limits}</ul></section>
${remarks ? `<section><h2>To know</h2><ul class="remarks">${remarks}</ul></section>` : ''}
<section><h2>Figures</h2><div class="charts">
${charts(summary)}
</div></section>
</main>
</body>
</html>
`;
}

/** @param {Summary} summary */
function faultsOf({ limits }) {
  const counts = ['parley_lost', 'parley_doubled', 'parley_disordered'].map(
    (metric) => limits.find((limit) => limit.metric === metric)?.measured ?? '–',
  );
  return counts.every((count) => count === 'none') ? 'none' : counts.join(' · ').replaceAll('none', '0');
}

/** For the terminal. @param {Summary} summary @param {string} path of the report */
export function renderText(summary, path) {
  const { ackMs, deliveryMs, messages } = summary;
  const lines = [
    '',
    `  Parley load test: ${summary.scenario} on ${summary.baseUrl}`,
    '',
    `  messages   ${whole(messages.acknowledged)} acknowledged of ${whole(messages.offered)} due, up to ${short(messages.mostPerSecond)} a second; ${whole(messages.deliveries)} deliveries`,
    `  acked in   median ${ms(ackMs?.med)}, p95 ${ms(ackMs?.p95)}, p99 ${ms(ackMs?.p99)}`,
    `  delivered  median ${ms(deliveryMs?.med)}, p95 ${ms(deliveryMs?.p95)}, p99 ${ms(deliveryMs?.p99)}`,
    '',
    ...summary.limits.map(({ passed, says, measured }) => `  ${passed ? '✓' : '✗'} ${says}: ${measured}`),
    '',
    ...remarksOn(summary).map((remark) => `  ! ${remark}`),
    `  Report: ${path}`,
    '',
    `  ${summary.passed ? 'All limits kept.' : 'NOT ALL LIMITS KEPT.'}`,
    '',
  ];
  return `${lines.join('\n')}\n`;
}

const STYLE = `
:root{--page:#f6f7f9;--card:#fff;--ink:#1b2430;--quiet:#5a6675;--line:#dfe3e9;--a:#1f6feb;--b:#c2410c;--c:#7c3aed;--good:#116b3a;--bad:#b42318;--good-bg:#e3f4ea;--bad-bg:#fde8e6}
@media (prefers-color-scheme:dark){:root{--page:#12161c;--card:#1b212a;--ink:#e7ebf0;--quiet:#a0abb9;--line:#323b47;--a:#6ea8ff;--b:#ff9d5c;--c:#b796ff;--good:#6fdc9b;--bad:#ff9a90;--good-bg:#173324;--bad-bg:#431f1c}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 20px 64px}
h1{margin:12px 0 4px;font-size:1.9rem;line-height:1.2}h2{margin:40px 0 12px;font-size:1.2rem}h3{margin:0;font-size:1.05rem}
p{margin:4px 0}.quiet,figcaption p,small{color:var(--quiet)}.quiet{font-size:.9rem;overflow-wrap:anywhere}
.verdict{display:inline-block;margin:0;padding:4px 12px;border-radius:999px;font-weight:600}
.verdict.good{color:var(--good);background:var(--good-bg)}.verdict.bad{color:var(--bad);background:var(--bad-bg)}
.key{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:28px 0 0}
.key div,figure,.limits,.remarks{background:var(--card);border:1px solid var(--line);border-radius:12px}
.key div{display:flex;flex-direction:column-reverse;justify-content:flex-end;padding:14px 16px}
dt{color:var(--quiet);font-size:.85rem;line-height:1.35}dd{margin:0;font-size:1.45rem;font-weight:650;font-variant-numeric:tabular-nums}
ul{margin:0;padding:0;list-style:none}
.limits li{display:grid;grid-template-columns:6rem 1fr auto;gap:12px;padding:10px 16px;border-top:1px solid var(--line)}
.limits li:first-child,.remarks li:first-child{border-top:0}
.limits b{font-size:.85rem;line-height:1.75}.limits .good b{color:var(--good)}.limits .bad b{color:var(--bad)}
.limits em{font-style:normal;font-variant-numeric:tabular-nums;white-space:nowrap}
.remarks li{padding:10px 16px;border-top:1px solid var(--line)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:16px}
figure{margin:0;padding:16px;min-width:0}
figcaption p{font-size:.9rem}figure>svg{display:block;width:100%;height:auto;margin-top:8px}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;margin-top:8px;font-size:.85rem}
.legend li{display:flex;align-items:center;gap:6px}.legend svg{width:24px;height:8px}
svg text{fill:var(--quiet);font-size:13px}svg text.target{fill:var(--bad)}
.grid{stroke:var(--line)}.line{fill:none;stroke-width:2.25;stroke-linejoin:round}
.a{stroke:var(--a)}.b{stroke:var(--b)}.c{stroke:var(--c)}
.target{stroke:var(--bad);stroke-dasharray:4 4}text.target{stroke:none}
.points circle{fill:transparent}.points circle:hover{fill:var(--ink);fill-opacity:.35}
details{margin-top:8px;font-size:.9rem}summary{cursor:pointer;color:var(--quiet)}
.scroll{overflow-x:auto;max-height:320px}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:4px 10px 4px 0;text-align:right;border-top:1px solid var(--line);white-space:nowrap}th:first-child{text-align:left}thead th{border-top:0;color:var(--quiet);font-weight:500}
.bars{display:grid;gap:12px;margin-top:12px;font-size:.9rem}
.bars li{display:grid;grid-template-columns:1fr auto;gap:2px 12px}.bars span:first-child{overflow-wrap:anywhere}
.bars b{grid-row:1;grid-column:2;font-variant-numeric:tabular-nums}.bars .bar,.bars small{grid-column:1/-1}
.bar{height:8px;border-radius:4px;background:var(--line);overflow:hidden}.bar i{display:block;height:100%;min-width:3px;border-radius:4px;background:var(--a)}
@media (max-width:560px){main{padding:20px 12px 40px}.limits li{grid-template-columns:1fr auto;gap:0 12px}.limits span{grid-row:2;grid-column:1/-1}svg text{font-size:16px}}
@media print{body{background:none}figure,.key div{break-inside:avoid}}
`;
