// Alerts, dashboards and the runbook lead to one another, and each alert fires when it should.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderDashboards } from '../deploy/grafana/make-dashboards.mjs';
import { ROOT } from './places.mjs';
import { ensureTool } from './tools.mjs';

const PROMETHEUS = join(ROOT, 'deploy/prometheus');
const read = (path) => readFileSync(join(ROOT, path), 'utf8');
const boards = new Map(renderDashboards().map(([name, text]) => [JSON.parse(text).uid, { name, text }]));
const panelsOf = (uid) => JSON.parse(boards.get(uid).text).panels;

/** Of the rules as they are written here: { name, expr, dashboard, panel, runbook }. */
const alerts = read('deploy/prometheus/rules/alerts.rules.yml')
  .split('- alert: ')
  .slice(1)
  .map((text) => ({
    name: /^\w+/.exec(text)[0],
    expr: /expr: >\n\s+([\s\S]*?)\n\s+(?:for|labels):/.exec(text)[1],
    dashboard: /dashboard: ([\w-]+)/.exec(text)?.[1],
    panel: Number(/panel: '(\d+)'/.exec(text)?.[1]),
    dashboardUrl: /dashboard_url: '(.*)'/.exec(text)?.[1],
    runbookUrl: /runbook_url: '(.*)'/.exec(text)?.[1],
  }));
const recorded = new Map(
  [
    ...read('deploy/prometheus/rules/recording.rules.yml').matchAll(
      /- record: (\S+)\n\s+expr: ([\s\S]*?)(?=\n\s+- record|\n\s+#|$)/g,
    ),
  ].map(([, name, expr]) => [name, expr]),
);
/** Names of metrics, behind recorded ones too. */
function metricsIn(expr) {
  const names = new Set(
    expr.match(/\b(?:parley|nodejs|process|pg|redis|nginx|node|probe|alertmanager)_[a-z0-9_]+|\bup\b/g),
  );
  for (const [name, inner] of recorded) {
    if (expr.includes(name)) for (const found of metricsIn(inner)) names.add(found);
  }
  // The parts of a histogram are one thing.
  return new Set([...names].map((name) => name.replace(/_(bucket|count|sum)$/, '')));
}

describe('the dashboards', () => {
  it('are what their tables and the runbook say; `node deploy/grafana/make-dashboards.mjs` writes them anew', () => {
    const names = readdirSync(join(ROOT, 'deploy/grafana/dashboards')).sort();
    expect([...boards.values()].map(({ name }) => name).sort()).toEqual(names);
    for (const { name, text } of boards.values())
      expect(read(`deploy/grafana/dashboards/${name}`), name).toBe(text);
  });

  it('have panels that do not overlap, each with an id of its own', () => {
    for (const [uid] of boards) {
      const panels = panelsOf(uid);
      expect(new Set(panels.map(({ id }) => id)).size, uid).toBe(panels.length);
      const cells = new Set();
      for (const { gridPos, title } of panels) {
        expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
            expect(cells.has(`${x} ${y}`), `${uid}: ${title}`).toBe(false);
            cells.add(`${x} ${y}`);
          }
        }
      }
    }
  });

  it('ask for a single number as it is now, and say 0 of what is gone', () => {
    for (const [uid] of boards) {
      for (const { title, targets, fieldConfig } of panelsOf(uid).filter(({ type }) => type === 'stat')) {
        expect(targets[0].instant, `${uid}: ${title}`).toBe(true);
        const [lowest] = fieldConfig.defaults.thresholds.steps;
        if (lowest.color === 'red')
          expect(targets[0].expr, `${uid}: ${title}`).toMatch(/ or (vector\(0\)|.* \* 0)$/);
      }
    }
  });
});

describe('the alerts', () => {
  it.each(alerts)('$name leads to a panel that shows what it is about, and to its own section', (alert) => {
    const panel = panelsOf(alert.dashboard).find(({ id }) => id === alert.panel);
    const shown = new Set(panel.targets.flatMap(({ expr }) => [...metricsIn(expr)]));
    expect([...metricsIn(alert.expr)].filter((name) => shown.has(name))).not.toEqual([]);
    expect(alert.dashboardUrl).toBe(
      `{{ $externalLabels.grafana }}/d/${alert.dashboard}?viewPanel=${alert.panel}`,
    );
    const [, section] = /^\{\{ \$externalLabels\.grafana \}\}\/d\/parley-runbook\?viewPanel=(\d+)$/.exec(
      alert.runbookUrl,
    );
    expect(panelsOf('parley-runbook').find(({ id }) => id === Number(section)).title).toBe(alert.name);
  });

  it('have the sections of the runbook, in order', () => {
    const sections = [...read('docs/runbook.md').matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
    expect(sections).toEqual(alerts.map(({ name }) => name));
  });

  it('are each tried in a history where they fire, and in one where they do not', () => {
    const tests = readdirSync(join(PROMETHEUS, 'tests'))
      .map((name) => read(`deploy/prometheus/tests/${name}`))
      .join('');
    const tried = [...tests.matchAll(/- name: (\w+) (fires|does not fire)$/gm)].map(
      ([, name, how]) => `${name} ${how}`,
    );
    expect([...new Set(tried)].sort()).toEqual(
      alerts.flatMap(({ name }) => [`${name} fires`, `${name} does not fire`]).sort(),
    );
  });

  it(
    'and the recorded figures are understood by Prometheus, and do what these histories say',
    { timeout: 180_000 },
    () => {
      const { path, env } = ensureTool('promtool');
      const promtool = (...args) => {
        const { status, stdout, stderr } = spawnSync(path, args, {
          cwd: PROMETHEUS,
          env: { ...process.env, ...env },
          encoding: 'utf8',
        });
        expect(status, `${stdout}${stderr}`).toBe(0);
      };
      promtool('check', 'rules', ...readdirSync(join(PROMETHEUS, 'rules')).map((name) => `rules/${name}`));
      promtool('test', 'rules', ...readdirSync(join(PROMETHEUS, 'tests')).map((name) => `tests/${name}`));
    },
  );
});
