// The shipped compose file, run as an operator would in a fresh copy of the checkout: only variables differ.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sleep } from '../../scripts/managed-process.mjs';

const FILE = 'docker-compose.production.yml';
const NOT_COPIED = new Set([
  'node_modules',
  'dist',
  '.git',
  '.data',
  '.tools',
  '.cache',
  'test-results',
  'generated',
]);

export class Stack {
  constructor(engine, root, ports) {
    this.engine = engine;
    this.root = root;
    this.folder = join(engine.work, 'checkout');
    this.project = 'parley-verify';
    this.ports = ports;
    this.origin = `https://localhost:${ports.HTTPS_PORT}`;
    this.env = {
      ...engine.env,
      COMPOSE_PROJECT_NAME: this.project,
      PUBLIC_URL: this.origin,
      HTTP_BIND: '127.0.0.1',
      ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
      // The hard limit of a machine for tests may be lower.
      NGINX_NOFILE: '16384',
      BACKEND_NOFILE: '16384',
    };
  }

  /** What a clone holds; a kept folder is made anew. */
  copy() {
    mkdirSync(this.folder, { recursive: true });
    cpSync(this.root, this.folder, {
      recursive: true,
      filter: (path) => !NOT_COPIED.has(basename(path)),
    });
    rmSync(join(this.folder, '.env'), { force: true });
  }

  compose(...args) {
    return this.engine.run('docker', ['compose', '-f', FILE, ...args], { env: this.env, cwd: this.folder });
  }

  /** Commands as an operator types them. */
  shell(commands) {
    return this.engine.run('sh', ['-euc', commands], {
      env: { ...this.env, COMPOSE_FILE: FILE },
      cwd: this.folder,
    });
  }

  /** Of the containers of a service: what `docker inspect` says. */
  async inspect(service) {
    const filters = [`label=com.docker.compose.project=${this.project}`];
    if (service !== undefined) filters.push(`label=com.docker.compose.service=${service}`);
    const ids = (await this.engine.docker('ps', '-aq', ...filters.flatMap((text) => ['--filter', text])))
      .split('\n')
      .filter(Boolean);
    return ids.length === 0 ? [] : JSON.parse(await this.engine.docker('inspect', ...ids));
  }

  /** Until every container with a health check is well, and every task ended well. */
  async well(ms = 120_000) {
    const deadline = Date.now() + ms;
    for (;;) {
      const bad = (await this.inspect()).filter(({ State, HostConfig }) =>
        HostConfig.RestartPolicy.Name === 'no'
          ? State.Status !== 'exited' || State.ExitCode !== 0
          : State.Status !== 'running' || (State.Health && State.Health.Status !== 'healthy'),
      );
      if (bad.length === 0) return;
      if (Date.now() > deadline) {
        throw new Error(
          bad
            .map(
              ({ Name, State }) =>
                `${Name}: ${State.Status} ${State.Health?.Log.at(-1)?.Output ?? State.ExitCode}`,
            )
            .join('\n'),
        );
      }
      await sleep(500);
    }
  }

  /** The answer of Prometheus, asked on its port on loopback. */
  async prometheus(path, query = {}) {
    const url = `http://127.0.0.1:${this.ports.PROMETHEUS_PORT}/api/v1/${path}?${new URLSearchParams(query)}`;
    const { status, data, error } = await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).json();
    if (status !== 'success') throw new Error(`${path} ${JSON.stringify(query)}: ${error}`);
    return data;
  }
}

/** A check that this machine has no tool for: it counts as neither passed nor failed. */
export class Skipped extends Error {}

/** Until `look` answers something true. */
export async function until(what, look, ms) {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms / 1000} s`);
    await sleep(250);
  }
}
