import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ALL_JUDGES } from './judges/all-judges.js';
import { STORIES } from './stories/all-stories.js';

const at = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const testsIn = (folder: string): string[] =>
  readdirSync(at(folder), { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter(isTest);

// A fence of three is no pair of one.
const page = readFileSync(at('docs/guarantees.md'), 'utf8').replaceAll(/^```[^]*?^```/gm, '');
const promises = [...page.matchAll(/^\| (G\d+) \| .+ \| (.+) \|$/gm)].map(
  ([, promise = '', proofs = '']) => ({ promise, proofs }),
);
const stories = STORIES.flat().map(({ name }) => name);
const tests = testsIn('backend/test');

function isTest(name: string): boolean {
  return name.endsWith('.test.ts');
}

function codes(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** Proofs that are named together are of one kind, which the first word says; tests stand alone. */
function withoutProof(promise: string, proofs: string): string[] {
  return proofs.split(';').flatMap((part) => {
    const judges = ALL_JUDGES.filter((judge) => judge.promises.includes(promise)).map(({ name }) => name);
    const known = /^\s*judge/.test(part) ? judges : /^\s*stor/.test(part) ? stories : [];
    return codes(part).filter((name) => !(isTest(name) ? tests : known).includes(name));
  });
}

describe('docs/guarantees.md', () => {
  it('names for each of the twelve promises judges that say so too, stories and tests that there are', () => {
    expect(promises.map(({ promise }) => promise)).toEqual(
      Array.from({ length: 12 }, (_, index) => `G${String(index + 1)}`),
    );
    for (const { promise, proofs } of promises) {
      expect(codes(proofs), promise).not.toEqual([]);
      expect(withoutProof(promise, proofs), promise).toEqual([]);
    }
  });

  it('names no other test and no page that there is not', () => {
    const all = [...tests, ...testsIn('verification/src')];
    const missing = codes(page)
      .filter(isTest)
      .filter((name) => !existsSync(at(name)))
      .filter((name) => {
        const [start = '', end] = name.split('*');
        return !all.some((one) =>
          end === undefined ? one === name : one.startsWith(start) && one.endsWith(end),
        );
      });
    expect(missing).toEqual([]);
    const links = [...page.matchAll(/\]\(((?!http)[^)#]+)[^)]*\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(at(`docs/${link}`)))).toEqual([]);
  });
});
