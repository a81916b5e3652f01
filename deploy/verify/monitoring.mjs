// Monitoring, asked as Grafana and people on call ask it.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './stack.mjs';

export async function seesEveryTarget({ stack }) {
  const wanted = {
    'parley-api': 3,
    'parley-worker': 1,
    postgres: 1,
    redis: 2,
    nginx: 1,
    edge: 1,
    node: 1,
    prometheus: 1,
    grafana: 1,
    alertmanager: 1,
  };
  const count = async () => {
    const found = {};
    const { activeTargets } = await stack.prometheus('targets', { state: 'active' });
    for (const { labels, health } of activeTargets) {
      if (health === 'up') found[labels.job] = (found[labels.job] ?? 0) + 1;
    }
    return found;
  };
  await until(
    `targets ${JSON.stringify(wanted)}`,
    async () => {
      const found = await count();
      return Object.entries(wanted).every(([job, number]) => found[job] === number);
    },
    40_000,
  );
  const { groups } = await stack.prometheus('rules');
  const rules = groups.flatMap((group) => group.rules);
  assert.ok(rules.length > 20);
  for (const { name, health, lastError } of rules) assert.equal(health, 'ok', `${name}: ${lastError}`);
  // A name that no process writes can never fire.
  await metricsThatAreMissing(
    stack,
    rules.map(({ query }) => query),
  );
  return `${rules.length} rules`;
}

/** Of what may be empty: nothing is good news. */
const PANELS_WITHIN_MS = 60_000;
const OR_NOTHING = ' or vector(0)';

/** Names of metrics in these expressions that Prometheus has never seen. */
async function metricsThatAreMissing(stack, expressions) {
  const known = new Set(await stack.prometheus('label/__name__/values'));
  const names = new Set(
    expressions.flatMap(
      (text) =>
        text.match(
          // What is recorded has colons in its name.
          /(?<![\w:])(parley|nodejs|process|pg|redis|nginx|node|probe|alertmanager|prometheus)_[a-z0-9_]+\b(?!:)/g,
        ) ?? [],
    ),
  );
  const missing = [...names].filter((name) => !known.has(name));
  assert.deepEqual(missing, [], 'metrics that do not exist');
}

/** Panels of a dashboard, those inside closed rows too. */
const panelsOf = ({ panels }) => panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);

export async function panelsHaveData({ stack }) {
  const folder = join(stack.folder, 'deploy/grafana/dashboards');
  const boards = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  const queries = boards.flatMap((board) =>
    panelsOf(board).flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ expr, where: `${board.uid}, ${title}` })),
    ),
  );
  await metricsThatAreMissing(
    stack,
    queries.map(({ expr }) => expr),
  );
  const empty = [];
  const deadline = Date.now() + PANELS_WITHIN_MS;
  for (const { expr, where } of queries.filter(({ expr: text }) => !text.endsWith(OR_NOTHING))) {
    const left = Math.max(1, deadline - Date.now());
    // A rate is there after two scrapes and a run of the rules; one of nothing is no number.
    const hasNumber = async () =>
      (await stack.prometheus('query', { query: expr })).result.some(({ value }) =>
        Number.isFinite(Number(value[1])),
      );
    await until(where, hasNumber, left).catch(() => empty.push(`${where}: ${expr}`));
  }
  assert.deepEqual(empty, [], 'panels without a number');
  return `${queries.length} queries of ${boards.length} dashboards`;
}

/** By the programs in the containers: configuration, rules, and each alert's two histories. */
export async function rulesAreTested({ stack }) {
  // Its file system is read-only but for its data.
  const promtool = (...args) =>
    stack.compose('exec', '-T', '-e', 'TMPDIR=/prometheus', 'prometheus', 'promtool', ...args);
  await promtool('check', 'config', '/etc/prometheus/prometheus.yml');
  const tests = readdirSync(join(stack.folder, 'deploy/prometheus/tests')).map(
    (name) => `/etc/prometheus/tests/${name}`,
  );
  const out = await promtool('test', 'rules', ...tests);
  assert.equal(out.match(/SUCCESS/g)?.length, tests.length);
  for (const name of ['alertmanager.yml', 'webhook.yml']) {
    await stack.compose('exec', '-T', 'alertmanager', 'amtool', 'check-config', `/etc/alertmanager/${name}`);
  }
  return `${tests.length} files of tests`;
}
