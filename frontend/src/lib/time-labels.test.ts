import { describe, expect, it } from 'vitest';
import { agoLabel, dayLabel, daysBetween, listLabel } from './time-labels.js';

// Local times on purpose: a label is about the reader's own day.
const now = new Date(2026, 10, 23, 16, 30);

describe('daysBetween', () => {
  it('counts midnights, not hours', () => {
    expect(daysBetween(new Date(2026, 10, 22, 23, 59), new Date(2026, 10, 23, 0, 1))).toBe(1);
    expect(daysBetween(new Date(2026, 10, 23, 0, 1), new Date(2026, 10, 23, 23, 59))).toBe(0);
  });

  it('counts every day of a year as one, also those in which the clocks change', () => {
    for (let day = 1; day <= 365; day += 1) {
      expect(daysBetween(new Date(2026, 0, day, 12), new Date(2026, 0, day + 1, 1))).toBe(1);
    }
  });
});

describe('listLabel', () => {
  it('shows the clock today, then the day, then the date', () => {
    expect(listLabel(new Date(2026, 10, 23, 9, 5), now, 'en-GB')).toBe('9:05');
    expect(listLabel(new Date(2026, 10, 22, 23, 0), now, 'en-GB')).toBe('Yesterday');
    expect(listLabel(new Date(2026, 10, 18), now, 'en-GB')).toBe('Wed');
    expect(listLabel(new Date(2026, 10, 16), now, 'en-GB')).toBe('16 Nov');
    expect(listLabel(new Date(2025, 10, 16), now, 'en-GB')).toBe('16 Nov 2025');
  });

  it('takes a time that a fast server clock puts ahead as today', () => {
    expect(listLabel(new Date(2026, 10, 23, 16, 31), now, 'en-GB')).toBe('16:31');
  });
});

describe('dayLabel', () => {
  it('names the day, with the year only when it is another', () => {
    expect(dayLabel(now, now, 'en-GB')).toBe('Today');
    expect(dayLabel(new Date(2026, 10, 22), now, 'en-GB')).toBe('Yesterday');
    expect(dayLabel(new Date(2026, 10, 16), now, 'en-GB')).toMatch(/^Monday,? 16 November$/);
    expect(dayLabel(new Date(2024, 1, 29), now, 'en-GB')).toMatch(/^Thursday,? 29 February 2024$/);
  });
});

describe('agoLabel', () => {
  it('speaks in the largest unit', () => {
    expect(agoLabel(new Date(now.getTime() - 20_000), now, 'en')).toBe('just now');
    expect(agoLabel(new Date(now.getTime() - 61_000), now, 'en')).toBe('1 minute ago');
    expect(agoLabel(new Date(now.getTime() - 7_300_000), now, 'en')).toBe('2 hours ago');
    expect(agoLabel(new Date(now.getTime() - 3 * 86_400_000), now, 'en')).toBe('3 days ago');
  });
});
