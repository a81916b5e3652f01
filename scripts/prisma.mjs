#!/usr/bin/env node
// Runs the prisma CLI with our schema engine: `node scripts/prisma.mjs migrate deploy`. See schema-engine.mjs for why. In the
// image it stands where npx looks for `prisma`.
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const engine = join(here, 'schema-engine.mjs');
try {
  // A checkout from an archive may have lost the mode; a read-only one that kept it needs no change.
  chmodSync(engine, 0o755);
} catch {
  // Not ours to change: the start of the engine tells if it can not run.
}
const { DATABASE_URL, DATABASE_URL_FILE } = process.env;
// As the server reads it: prisma.config.ts knows only the variable.
const fromFile =
  !DATABASE_URL && DATABASE_URL_FILE
    ? { DATABASE_URL: readFileSync(DATABASE_URL_FILE, 'utf8').trimEnd() }
    : {};
const prisma = join(dirname(require.resolve('prisma/package.json')), 'build', 'index.js');
const { status, error } = spawnSync(process.execPath, [prisma, ...process.argv.slice(2)], {
  cwd: dirname(here),
  stdio: 'inherit',
  env: {
    ...process.env,
    ...fromFile,
    // The engine's first line asks for `node`: it runs under this one, which may not be on the path.
    PATH: [dirname(process.execPath), process.env.PATH].filter(Boolean).join(delimiter),
    PRISMA_SCHEMA_ENGINE_BINARY: process.env.PRISMA_SCHEMA_ENGINE_BINARY ?? engine,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  },
});
if (error) throw error;
process.exit(status ?? 1);
