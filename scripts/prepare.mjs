// What must be there before anything of Parley runs: the npm packages, the generated code, the builds. Each is made again only
// when what it is made of has changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run, step } from './progress.mjs';
import { ROOT } from './places.mjs';

const CACHE = join(ROOT, '.cache', 'build');
const node = (script, ...args) => run(process.execPath, [join(ROOT, script), ...args]);

/** Whether node_modules holds exactly what the lock asks for. */
function isInstalled() {
  try {
    const read = (path) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')).packages;
    const [wanted, present] = [read('package-lock.json'), read('node_modules/.package-lock.json')];
    return Object.entries(wanted).every(
      ([path, { version, optional, link }]) =>
        path === '' ||
        !path.includes('node_modules/') ||
        link ||
        optional ||
        present[path]?.version === version,
    );
  } catch {
    return false;
  }
}

export function installPackages() {
  return step('npm packages', async () => {
    if (isInstalled()) return 'up to date';
    await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund']);
    return '';
  });
}

/** @type {{ name: string, inputs: string[], outputs: string[], make: () => Promise<unknown> }[]} */
const BUILDS = [
  {
    name: 'database client',
    inputs: ['prisma/schema.prisma', 'package-lock.json'],
    outputs: ['backend/src/generated/prisma/client.ts'],
    make: () => node('scripts/prisma.mjs', 'generate'),
  },
  {
    name: 'protocol, client, server',
    inputs: [
      'tsconfig.base.json',
      'protocol/tsconfig.json',
      'protocol/src',
      'client/tsconfig.json',
      'client/src',
      'backend/tsconfig.json',
      'backend/src',
      'package-lock.json',
    ],
    outputs: [
      'protocol/dist/index.js',
      'client/dist/index.js',
      'backend/dist/main.js',
      'backend/dist/worker.js',
    ],
    make: () => node('node_modules/typescript/bin/tsc', '-b', 'protocol', 'client', 'backend'),
  },
  {
    name: 'OpenAPI and AsyncAPI documents',
    inputs: ['protocol/src', 'protocol/package.json', 'package-lock.json'],
    outputs: ['protocol/dist/openapi.json', 'protocol/dist/asyncapi.json'],
    make: () => node('protocol/dist/documents/write-documents.js'),
  },
  {
    name: 'web client',
    inputs: ['frontend', 'client/src', 'protocol/src', 'package-lock.json'],
    outputs: ['frontend/dist/index.html'],
    make: () => node('node_modules/vite/bin/vite.js', 'build', 'frontend', '--logLevel', 'warn'),
  },
];

export async function build({ only = BUILDS.map(({ name }) => name), without = [] } = {}) {
  for (const target of BUILDS.filter(({ name }) => only.includes(name) && !without.includes(name))) {
    await step(target.name, async () => {
      const stamp = join(CACHE, target.name.replaceAll(/[^a-z]+/gi, '-'));
      const hash = hashOf(target.inputs);
      const made = target.outputs.every((path) => existsSync(join(ROOT, path)));
      if (made && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return 'up to date';
      await target.make();
      mkdirSync(CACHE, { recursive: true });
      writeFileSync(stamp, hash);
      return '';
    });
  }
}

/** Of names and contents; times say nothing after a checkout. */
function hashOf(inputs) {
  const hash = createHash('sha256');
  const add = (path) =>
    hash.update(relative(ROOT, path)).update('\0').update(readFileSync(path)).update('\0');
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
      a.name.localeCompare(b.name),
    )) {
      if (['dist', 'node_modules', 'generated'].includes(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) add(path);
    }
  };
  for (const input of inputs) {
    const path = join(ROOT, input);
    if (!existsSync(path)) continue;
    if (readdirSyncOrNull(path)) visit(path);
    else add(path);
  }
  return hash.digest('hex');
}

function readdirSyncOrNull(path) {
  try {
    return readdirSync(path);
  } catch {
    return null;
  }
}
