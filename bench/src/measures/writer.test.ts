import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const BACKEND = resolve(import.meta.dirname, '../../../backend');

// It imports what is built, which neither the compiler nor lint follows.
it('the process that measures the writer imports files of the server that exist', () => {
  const text = readFileSync(resolve(BACKEND, 'bench/writer-process.mjs'), 'utf8');
  const imported = [...text.matchAll(/from '\.\.\/dist\/(.+)\.js'/g)].map(([, path = '']) => path);
  expect(imported).toContain('messaging/message-writer');
  expect(imported.filter((path) => !existsSync(resolve(BACKEND, 'src', `${path}.ts`)))).toEqual([]);
});
