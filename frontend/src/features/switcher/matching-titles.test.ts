import { describe, expect, it } from 'vitest';
import { matchingTitles } from './matching-titles.js';

const TITLES = ['Design reviews', 'Zoë Müller', 'Release design', 'Lunch'];

function find(query: string): string[] {
  return matchingTitles(TITLES, query, (title) => title);
}

describe('matchingTitles', () => {
  it('keeps the order where nothing is typed', () => {
    expect(find('  ')).toEqual(TITLES);
  });

  it('puts titles that begin as typed first', () => {
    expect(find('design')).toEqual(['Design reviews', 'Release design']);
    expect(find('release des')).toEqual(['Release design']);
  });

  it('looks past accents and case', () => {
    expect(find('zoe mull')).toEqual(['Zoë Müller']);
  });
});
