import { describe, expect, it } from 'vitest';
import { typingSentence } from './typing-sentence.js';

describe('typingSentence', () => {
  it('names one or two people and counts more', () => {
    expect(typingSentence([])).toBeNull();
    expect(typingSentence(['Ada'])).toBe('Ada is typing');
    expect(typingSentence(['Ada', null])).toBe('Ada and Someone are typing');
    expect(typingSentence(['Ada', 'Bob', 'Cleo'])).toBe('3 people are typing');
  });
});
