// `node deploy/grafana/make-dashboards.mjs` writes dashboards/*.json from the tables beside it, and the runbook as a dashboard from
// docs/runbook.md, so that both are where alerts lead. A test holds the files equal to what this renders.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DASHBOARDS } from './panels.mjs';

const FOLDER = join(import.meta.dirname, 'dashboards');
const RUNBOOK = join(import.meta.dirname, '../../docs/runbook.md');
const WIDTH = 24;
const HEIGHTS = { stat: 4, timeseries: 8, table: 6, text: 6 };
const SOURCE = { type: 'prometheus', uid: 'prometheus' };

const FORMS = {
  stat: ({ unit, steps }) => ({
    fieldConfig: {
      defaults: {
        unit: unit ?? 'short',
        thresholds: {
          mode: 'absolute',
          steps: (steps ?? [['blue', null]]).map(([color, value]) => ({ color, value })),
        },
      },
      overrides: [],
    },
    options: { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'background' },
  }),
  timeseries: ({ unit, max }) => ({
    fieldConfig: {
      defaults: { unit: unit ?? 'short', min: 0, ...(max === undefined ? {} : { max }) },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom' },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  }),
  // What fires now, each line a link to the panel that shows the cause. The labels of the alert say which that is.
  table: () => ({
    fieldConfig: {
      defaults: {
        noValue: 'none',
        links: [
          {
            title: 'Show ${__data.fields.alertname}',
            url: '/d/${__data.fields.dashboard}?viewPanel=${__data.fields.panel}',
          },
          { title: 'Runbook', url: '/d/parley-runbook' },
        ],
      },
      overrides: [],
    },
    options: { showHeader: true },
    transformations: [
      {
        id: 'organize',
        options: {
          excludeByName: { Time: true, Value: true, __name__: true, alertstate: true },
          indexByName: { alertname: 0, severity: 1, job: 2, instance: 3, use: 4 },
        },
      },
    ],
  }),
};

function panelOf({ id, type, title, about = '', queries, content, ...rest }, gridPos) {
  if (type === 'text') {
    return { id, type, title, gridPos, options: { mode: 'markdown', content } };
  }
  return {
    id,
    type,
    title,
    description: about,
    datasource: SOURCE,
    gridPos,
    targets: queries.map(([expr, legendFormat = ''], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: SOURCE,
      expr,
      legendFormat,
      ...(type === 'table' ? { format: 'table' } : {}),
      // What is now: over a range, the last number of a series that has ended would stay for an hour.
      ...(type === 'timeseries' ? {} : { instant: true, range: false }),
    })),
    ...FORMS[type](rest),
  };
}

/** Rows of panels of one width. Ids are given by hand: alerts name them. */
function layOut(rows) {
  const panels = [];
  let y = 0;
  for (const [index, { title, across, panels: members }] of rows.entries()) {
    panels.push({
      id: 1000 + index,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: WIDTH, h: 1 },
    });
    y += 1;
    const w = WIDTH / across;
    for (let first = 0; first < members.length; first += across) {
      const line = members.slice(first, first + across);
      const h = Math.max(...line.map(({ type, h: own }) => own ?? HEIGHTS[type]));
      for (const [column, panel] of line.entries()) panels.push(panelOf(panel, { x: column * w, y, w, h }));
      y += h;
    }
  }
  return panels;
}

function dashboardOf({ name, title, rows }) {
  return {
    uid: `parley-${name}`,
    title: `Parley: ${title}`,
    tags: ['parley'],
    timezone: 'browser',
    schemaVersion: 41,
    version: 1,
    editable: false,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [] },
    // From every dashboard to every other.
    links: [{ type: 'dashboards', title: 'Parley', tags: ['parley'], asDropdown: false, keepTime: true }],
    annotations: {
      list: [
        {
          name: 'Alerts',
          enable: true,
          datasource: SOURCE,
          expr: 'ALERTS{alertstate="firing"}',
          titleFormat: '{{alertname}}',
          iconColor: 'red',
        },
      ],
    },
    panels: layOut(rows),
  };
}

/** Sections of the runbook in their order, each a panel. */
function runbook() {
  const sections = readFileSync(RUNBOOK, 'utf8').split(/^## /m).slice(1);
  const panels = sections.map((section, index) => {
    const [title, ...lines] = section.split('\n');
    return { id: index + 1, type: 'text', title, content: lines.join('\n').trim() };
  });
  return { name: 'runbook', title: 'runbook', rows: [{ title: 'What to do', across: 2, panels }] };
}

/** [file name, text] of each dashboard. */
export function renderDashboards() {
  return [...DASHBOARDS, runbook()].map((board) => [
    `${board.name}.json`,
    `${JSON.stringify(dashboardOf(board), null, 1)}\n`,
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of renderDashboards()) writeFileSync(join(FOLDER, name), text);
}
