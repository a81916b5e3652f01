import { describe, expect, it } from 'vitest';
import { initials } from './initials.js';

describe('initials', () => {
  it('takes the first letters of the first and the last word', () => {
    expect(initials('Ada King Lovelace')).toBe('AL');
    expect(initials('ada')).toBe('A');
    expect(initials('grace.hopper')).toBe('GH');
  });

  it('keeps a joined emoji and a combined letter whole', () => {
    expect(initials('👩‍🚀 Mission')).toBe('👩‍🚀M');
    expect(initials('e\u0301mile')).toBe('E\u0301');
  });

  it('has an answer for a name without letters to show', () => {
    expect(initials('  ')).toBe('?');
  });
});
