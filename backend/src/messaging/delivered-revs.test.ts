import { describe, expect, it } from 'vitest';
import { DeliveredRevs, joinedRanges } from './delivered-revs.js';

describe('delivered revs', () => {
  it('tell from where to where there are holes', () => {
    const revs = new DeliveredRevs();
    expect(revs.hasHole).toBe(false);
    expect(revs.holes).toBeUndefined();
    revs.add({ from: 5, to: 6 });
    expect(revs.holes).toBeUndefined();
    revs.add({ from: 7, to: 9 });
    revs.add({ from: 12, to: 13 });
    expect(revs.hasHole).toBe(true);
    expect(revs.holes).toEqual({ from: 6, to: 12 });
    revs.add({ from: 6, to: 12 });
    expect(revs.hasHole).toBe(false);
  });

  it('join what touches, in any order', () => {
    const revs = new DeliveredRevs();
    revs.add({ from: 5, to: 6 });
    revs.add({ from: 7, to: 9 });
    expect(revs.missing({ from: 4, to: 10 })).toEqual([
      { from: 4, to: 5 },
      { from: 6, to: 7 },
      { from: 9, to: 10 },
    ]);
    revs.add({ from: 6, to: 7 });
    expect(revs.missing({ from: 5, to: 9 })).toEqual([]);
    expect(revs.contiguousTo).toBe(9);
    revs.add({ from: 20, to: 30 });
    expect(revs.contiguousTo).toBe(9);
  });

  it('miss everything where nothing was delivered', () => {
    expect(new DeliveredRevs().missing({ from: 2, to: 4 })).toEqual([{ from: 2, to: 4 }]);
    expect(new DeliveredRevs().missing({ from: 4, to: 4 })).toEqual([]);
  });

  it('leave out what lies before or behind the range', () => {
    const revs = new DeliveredRevs();
    revs.add({ from: 0, to: 3 });
    revs.add({ from: 20, to: 30 });
    expect(revs.missing({ from: 5, to: 8 })).toEqual([{ from: 5, to: 8 }]);
    expect(revs.missing({ from: 2, to: 25 })).toEqual([{ from: 3, to: 20 }]);
  });
});

describe('ranges', () => {
  it('are joined where little lies between them', () => {
    const holes = [
      { from: 1, to: 2 },
      { from: 4, to: 5 },
      { from: 10, to: 12 },
    ];
    expect(joinedRanges(holes, 2)).toEqual([
      { from: 1, to: 5 },
      { from: 10, to: 12 },
    ]);
    expect(joinedRanges(holes, 1)).toEqual(holes);
    expect(joinedRanges([], 2)).toEqual([]);
  });
});
