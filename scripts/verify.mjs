// The checker of Parley's promises: `npm run verify -- --help`. It builds and starts what it needs and stops it again.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildServer, startCluster } from './cluster.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

function compile(folder) {
  const { status } = spawnSync(process.execPath, [tsc, '-b', join(root, folder)], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

compile('verification');
const { verify } = await import('../verification/dist/main.js');
process.exitCode = await verify({
  args: process.argv.slice(2),
  reports: join(root, 'verification', 'reports', 'latest'),
  dataDir: process.env.PARLEY_DATA_DIR ?? join(root, '.data'),
  startCluster,
  build: buildServer,
}).catch((error) => {
  console.error(error);
  return 1;
});
