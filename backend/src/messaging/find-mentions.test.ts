import { describe, expect, it } from 'vitest';
import { findMentions } from './find-mentions.js';

const MEMBERS = new Set(['anna', 'bob.b', 'c-3po']);

function mentioned(text: string): string[] {
  return findMentions(text).names.filter((name) => MEMBERS.has(name));
}

describe('mentions', () => {
  it('names members, whatever the case and the punctuation around', () => {
    expect(mentioned('@anna, (@Bob.B) and @C-3PO: look. Thanks @anna.')).toEqual(['anna', 'bob.b', 'c-3po']);
  });

  it('leaves out strangers and addresses', () => {
    expect(mentioned('@nobody me@anna x@@anna é@anna')).toEqual([]);
  });

  it('finds everyone by all and channel', () => {
    expect(findMentions('hello @all').everyone).toBe(true);
    expect(findMentions('hello @Channel!').everyone).toBe(true);
    expect(findMentions('hello @alliance').everyone).toBe(false);
  });

  it('leaves out code spans and blocks', () => {
    expect(mentioned('`@anna` and ``a ` @bob.b`` but @c-3po')).toEqual(['c-3po']);
    expect(mentioned('```js\n@anna\n```\n@bob.b')).toEqual(['bob.b']);
    expect(mentioned('~~~\n@anna\n@all')).toEqual([]);
    expect(findMentions('`@all`').everyone).toBe(false);
  });

  it('takes a backtick without a partner as text', () => {
    expect(mentioned('it`s @anna')).toEqual(['anna']);
    expect(mentioned('a `b\n\nc @anna `d')).toEqual(['anna']);
  });

  it('stays quick on texts made to be slow', () => {
    const runs = Array.from({ length: 120 }, (_, index) => '`'.repeat(index + 1)).join('x');
    const texts = ['`'.repeat(8_000), '@'.repeat(8_000), `@${'.'.repeat(7_999)}`, '@a.'.repeat(2_600), runs];
    const started = performance.now();
    for (let round = 0; round < 20; round += 1) for (const text of texts) findMentions(text);
    // 100 texts; a quadratic scan would take tens of seconds.
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
