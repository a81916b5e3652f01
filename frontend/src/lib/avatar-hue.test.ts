import { describe, expect, it } from 'vitest';
import { avatarHue } from './avatar-hue.js';

function id(number: number): string {
  return `0199a1b2-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

describe('avatarHue', () => {
  it('gives an id one colour for ever', () => {
    expect(avatarHue(id(1))).toBe(avatarHue(id(1)));
  });

  it('spreads ids that differ in their last characters only', () => {
    const counts = new Map<number, number>();
    for (let number = 0; number < 1_200; number += 1) {
      const hue = avatarHue(id(number));
      counts.set(hue, (counts.get(hue) ?? 0) + 1);
    }
    expect(counts.size).toBe(12);
    expect(Math.max(...counts.values())).toBeLessThan(200);
  });
});
