import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './places.mjs';
import { SERVER_FLAGS } from './server-flags.mjs';

it('run the server in the image as everywhere else', () => {
  const dockerfile = readFileSync(join(ROOT, 'backend/Dockerfile'), 'utf8');
  expect(/NODE_OPTIONS="([^"]*)"/.exec(dockerfile)?.[1]?.split(' ')).toEqual(SERVER_FLAGS);
});
