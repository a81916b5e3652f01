// Makes node_modules of an image small: what packages carry for editors, debuggers, browsers and other databases is removed.
// `check-packages.mjs` then proves that what production loads is still there.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = process.argv[2];
if (root === undefined) throw new Error('prune-packages.mjs takes the folder of the packages');

/** Parts of Prisma's studio and local database, and types: `migrate` loads none of them. */
const PACKAGES = [
  '@electric-sql',
  '@prisma/query-plan-executor',
  '@types',
  '@visx',
  'elkjs',
  'react-dom',
  'typescript',
];
const FILES = [
  /\.d\.[cm]?ts$/,
  /\.map$/,
  /\.(md|markdown|flow)$/i,
  // Only the engine of PostgreSQL is used, and Prisma's client brings one for each database in several forms.
  /^@prisma\/client\/runtime\/.*\.(cockroachdb|mysql|sqlite|sqlserver)\./,
  /^prisma\/build\/(query_compiler|studio)/,
  /^@prisma\/studio-core\/dist\/(ui|metafile|data\/pglite)/,
  /^@prisma\/dev\/dist\/runtime-assets\//,
  /^prisma\/build\/schema_engine_bg\.wasm$/,
  /^(effect|fast-check|libphonenumber-js)\/src\//,
  /^libphonenumber-js\/bundle\//,
  /^@aws-sdk\/.*\/dist-es\//,
  /^@smithy\/.*\/dist-es\//,
];

let bytes = 0;
function remove(path) {
  bytes += sizeOf(path);
  rmSync(path, { recursive: true, force: true });
}
function sizeOf(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.size ?? 0;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
function visit(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) visit(path);
    else if (entry.isFile() && FILES.some((pattern) => pattern.test(relative(root, path)))) remove(path);
  }
}

for (const name of PACKAGES) if (existsSync(join(root, name))) remove(join(root, name));
visit(root);
console.log(`${Math.round(bytes / 1e6)} MB removed, ${Math.round(sizeOf(root) / 1e6)} MB left`);
