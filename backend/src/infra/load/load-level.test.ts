import { describe, expect, it } from 'vitest';
import { LoadLevels } from './load-level.js';

function levelsAfter(...latenesses: number[]): number[] {
  const levels = new LoadLevels();
  return latenesses.map((late) => {
    levels.observe(late);
    return levels.level;
  });
}

describe('the level of load', () => {
  it('rises with the second late window in a row, at once to where it belongs', () => {
    expect(levelsAfter(150, 20, 150, 150)).toEqual([0, 0, 0, 1]);
    expect(levelsAfter(500, 500)).toEqual([0, 2]);
    expect(levelsAfter(150, 500, 500)).toEqual([0, 1, 2]);
  });

  it('falls one by one, each after five calm windows in a row', () => {
    expect(levelsAfter(500, 500, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10)).toEqual([
      0, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 0,
    ]);
    // Between half of the threshold and the threshold nothing changes.
    expect(levelsAfter(150, 150, 10, 10, 10, 10, 70, 10, 10, 10, 10)).toEqual([
      0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ]);
  });
});
