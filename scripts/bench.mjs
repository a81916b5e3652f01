// What Parley costs: `npm run bench -- --help`. It builds and starts what it needs and stops it again.
import { join, resolve } from 'node:path';
import { SERVER_BUILDS, startCluster } from './cluster.mjs';
import { build, installPackages } from './prepare.mjs';
import { run } from './progress.mjs';
import { ROOT, freePorts } from './places.mjs';
import { ensureTool } from './tools.mjs';

async function prepare() {
  await installPackages();
  await build({ only: SERVER_BUILDS });
  await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-b', 'bench']);
}

let exitCode = 1;
try {
  await prepare();
  const { bench } = await import('../bench/dist/main.js');
  exitCode = await bench({
    args: process.argv.slice(2),
    reports: join(ROOT, 'bench', 'reports', 'latest'),
    dataDir: resolve(process.env.PARLEY_DATA_DIR || join(ROOT, '.data')),
    publishedIn: {
      figures: join(ROOT, 'docs', 'benchmarks.md'),
      adapters: join(ROOT, 'docs', 'decisions', '0020-reach-only-instances-with-somebody-in-the-room.md'),
    },
    writerEntry: join(ROOT, 'backend', 'bench', 'writer-process.mjs'),
    startCluster,
    freePorts,
    ensureTool,
  });
} catch (error) {
  console.error(error instanceof Error && error.name === 'ProgramFailed' ? error.message : error);
}
// What a failure left open is not waited for.
process.exit(exitCode);
