// Every command of PRODUCTION_DEPLOYMENT.md is typed by a check of `npm run verify:deploy`, or it is said why not.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS, beginningOf, blocksOf } from '../deploy/verify/commands.mjs';
import { ROOT } from './places.mjs';

const blocks = blocksOf(readFileSync(join(ROOT, 'PRODUCTION_DEPLOYMENT.md'), 'utf8'));
const folder = join(ROOT, 'deploy/verify');
const checks = [
  join(ROOT, 'scripts/verify-deploy.mjs'),
  ...readdirSync(folder).map((name) => join(folder, name)),
]
  .filter((path) => path.endsWith('.mjs') && !path.endsWith('commands.mjs'))
  .map((path) => readFileSync(path, 'utf8'))
  .join('');

describe('the commands of PRODUCTION_DEPLOYMENT.md', () => {
  it('are the ones that are listed', () => {
    expect(blocks.map(({ text }) => beginningOf(text) ?? text)).toEqual(Object.keys(COMMANDS));
  });

  it.each(blocks)('$text', ({ text, marked }) => {
    const begins = beginningOf(text);
    expect(marked, 'has its mark if it is typed, and none if not').toBe(COMMANDS[begins] === null);
    if (COMMANDS[begins] === null) {
      expect(checks.replaceAll(/\s+/g, ' '), 'is typed by a check').toMatch(
        new RegExp(`commands\\( ?stack, '${begins.replaceAll(/[$()*+.?[\]\\^{|}]/g, '\\$&')}'`),
      );
    }
  });
});
