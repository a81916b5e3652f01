import { describe, expect, it } from 'vitest';
import { isEmojiOnly, parseInlines, parseText } from './parse-text.js';

function links(text: string): string[] {
  return parseInlines(text).flatMap((part) => (part.type === 'link' ? [part.text] : []));
}

describe('parseInlines', () => {
  it('gives every character back, in order', () => {
    const text = 'See https://example.org/a(b)?c=1, `code` and @ada.l.';
    expect(
      parseInlines(text)
        .map((part) => (part.type === 'code' ? `\`${part.text}\`` : part.text))
        .join(''),
    ).toBe(text);
  });

  it('leaves the punctuation of the sentence outside an address', () => {
    expect(links('Read https://example.org/x. And (https://example.org/y)!')).toEqual([
      'https://example.org/x',
      'https://example.org/y',
    ]);
    expect(links('https://en.wikipedia.org/wiki/Parley_(talk)')).toEqual([
      'https://en.wikipedia.org/wiki/Parley_(talk)',
    ]);
  });

  it('links http and https only, and nothing that hides its host', () => {
    expect(links('javascript:alert(1) data:text/html,x ftp://example.org file:///etc/passwd')).toEqual([]);
    expect(links('https://bank.example@evil.example/')).toEqual([]);
    expect(links('https://')).toEqual([]);
  });

  it('keeps what is inside inline code as it is', () => {
    expect(parseInlines('run `curl https://example.org` now')).toEqual([
      { type: 'text', text: 'run ' },
      { type: 'code', text: 'curl https://example.org' },
      { type: 'text', text: ' now' },
    ]);
  });

  it('finds mentions, and not the middle of an e-mail address', () => {
    expect(parseInlines('Hi @Ada, mail grace@example.org')).toEqual([
      { type: 'text', text: 'Hi ' },
      { type: 'mention', text: '@Ada', username: 'ada' },
      { type: 'text', text: ', mail grace@example.org' },
    ]);
  });

  it('shows markup as the characters that were typed', () => {
    expect(parseInlines('<img src=x onerror=alert(1)>')).toEqual([
      { type: 'text', text: '<img src=x onerror=alert(1)>' },
    ]);
  });

  it('comes to an end on long texts made to keep it busy', () => {
    const texts = [
      '`'.repeat(8_000),
      'https://a'.repeat(800),
      `https://a.b/${')'.repeat(7_900)}`,
      `https://a.b/${'('.repeat(3_900)}${')'.repeat(3_900)}`,
      '@'.repeat(8_000),
    ];
    for (const text of texts) {
      expect(
        parseInlines(text)
          .map((part) => part.text)
          .join(''),
      ).toBe(text);
    }
  });
});

describe('parseText', () => {
  it('takes fenced code out as a block and keeps its lines and spaces', () => {
    expect(parseText('before\n```ts\nif (a) {\n  b();\n}\n```\nafter')).toEqual([
      { type: 'paragraph', inlines: [{ type: 'text', text: 'before' }] },
      { type: 'code', text: 'if (a) {\n  b();\n}' },
      { type: 'paragraph', inlines: [{ type: 'text', text: 'after' }] },
    ]);
  });

  it('keeps an unclosed fence as text', () => {
    expect(parseText('```\nnot closed')).toEqual([
      { type: 'paragraph', inlines: [{ type: 'text', text: '```\nnot closed' }] },
    ]);
  });
});

describe('isEmojiOnly', () => {
  it('knows one to three emoji, joined ones and flags included', () => {
    expect(isEmojiOnly('🎉')).toBe(true);
    expect(isEmojiOnly('👩‍👩‍👧 🇪🇺 ❤️')).toBe(true);
    expect(isEmojiOnly('🎉🎉🎉🎉')).toBe(false);
    expect(isEmojiOnly('ok 🎉')).toBe(false);
    expect(isEmojiOnly('42')).toBe(false);
  });
});
