import { describe, expect, it } from 'vitest';
import { insertAt, mentionAt } from './mention-at.js';

describe('mentionAt', () => {
  it('finds a mention that ends at the caret', () => {
    expect(mentionAt('Hi @Ad', 6)).toEqual({ start: 3, query: 'ad' });
    expect(mentionAt('@', 1)).toEqual({ start: 0, query: '' });
    expect(mentionAt('(@ada', 5)).toEqual({ start: 1, query: 'ada' });
  });

  it('leaves e-mail addresses and finished mentions alone', () => {
    expect(mentionAt('ada@exa', 7)).toBeNull();
    expect(mentionAt('@ada hello', 10)).toBeNull();
    expect(mentionAt('@ada hello', 0)).toBeNull();
  });
});

describe('insertAt', () => {
  it('replaces what was typed and puts the caret behind', () => {
    expect(insertAt('Hi @ad you', '@ada ', 3, 6)).toEqual({ text: 'Hi @ada  you', caret: 8 });
  });
});
