// Run while the image is built: loads all that the API, the worker and the migrations load, against a database that is not there.
import { spawnSync } from 'node:child_process';

const nowhere = 'postgresql://nobody:nothing@127.0.0.1:9/none';

await import('../dist/create-app.js');

const { status, stdout, stderr } = spawnSync('node_modules/.bin/prisma', ['migrate', 'deploy'], {
  encoding: 'utf8',
  env: { ...process.env, DATABASE_URL: nowhere },
});
// P1001: the program, its configuration and its engine were loaded, and then there was nobody to talk to.
if (status !== 1 || !`${stdout}${stderr}`.includes('P1001')) {
  console.error(stdout, stderr);
  throw new Error('the migrations can not run in this image');
}
console.log('all packages are there');
process.exit(0);
