import { createServer } from 'node:http';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Throws where a file is not where it is looked for, or says something else than the others. */
function check() {
  const provisioning = '/etc/grafana/provisioning';
  const sources = readdirSync(join(provisioning, 'datasources')).map((name) =>
    readFileSync(join(provisioning, 'datasources', name), 'utf8'),
  );
  const uids = new Set(
    sources.flatMap((text) => [...text.matchAll(/^ +uid: (\S+)$/gm)].map(([, uid]) => uid)),
  );
  const dashboards = readdirSync(join(provisioning, 'dashboards')).flatMap((name) => {
    const text = readFileSync(join(provisioning, 'dashboards', name), 'utf8');
    const folder = /path: ([^\s}]+)/.exec(text)?.[1];
    return readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
  });
  if (new Set(dashboards.map(({ uid }) => uid)).size !== dashboards.length)
    throw new Error('a uid stands twice');
  for (const { panels } of dashboards) {
    for (const { datasource, title, type } of panels) {
      if (type !== 'row' && type !== 'text' && !uids.has(datasource.uid))
        throw new Error(`${title}: no such source`);
    }
  }
  JSON.parse(readFileSync(process.env.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH, 'utf8'));
  if (readFileSync(process.env.GF_SECURITY_ADMIN_PASSWORD__FILE, 'utf8').length < 12)
    throw new Error('password');
  return `${dashboards.length} dashboards`;
}

createServer((request, response) => {
  if (request.url === '/metrics') {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end('grafana_build_info 1\n');
    return;
  }
  try {
    response.writeHead(200).end(check());
  } catch (error) {
    console.error(error);
    response.writeHead(500).end(String(error));
  }
}).listen(3000, '0.0.0.0');
process.once('SIGTERM', () => process.exit(0));
