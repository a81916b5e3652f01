import { describe, expect, it } from 'vitest';
import { ReadHeat } from './read-heat.js';

describe('ReadHeat', () => {
  let now = 0;
  const heatAt = (rev: number, reads: number): ReadHeat => {
    now = 0;
    const heat = new ReadHeat(() => now);
    for (let read = 0; read < reads; read += 1) heat.begins('busy');
    heat.sees('busy', rev);
    return heat;
  };

  it('asks for the rev from the third read within five seconds on', () => {
    const heat = heatAt(1, 2);
    expect(heat.begins('busy')).toBe(true);
    expect(heat.begins('another')).toBe(false);
    expect(heat.isHotAt('busy', 1)).toBe(true);
    now = 5_001;
    expect(heat.begins('busy')).toBe(false);
  });

  it('never asks where reads are further apart', () => {
    const heat = heatAt(1, 0);
    for (let read = 0; read < 20; read += 1) {
      now += 2_501;
      expect(heat.begins('slow')).toBe(false);
    }
  });

  it('counts anew with every rev', () => {
    const heat = heatAt(1, 3);
    expect(heat.isHotAt('busy', 2)).toBe(false);
    expect(heat.isHotAt('busy', 2)).toBe(false);
    expect(heat.isHotAt('busy', 2)).toBe(true);
    heat.sees('busy', 3);
    expect(heat.begins('busy')).toBe(false);
    expect(heat.isHotAt('busy', 3)).toBe(true);
  });

  it('counts what began before any rev was known for the first one', () => {
    const heat = new ReadHeat(() => 0);
    heat.begins('busy');
    heat.begins('busy');
    expect(heat.begins('busy')).toBe(true);
    expect(heat.isHotAt('busy', 9)).toBe(true);
  });

  it('starts anew where revs went back, as after a restore', () => {
    const heat = heatAt(50, 3);
    expect(heat.isHotAt('busy', 7)).toBe(false);
    heat.begins('busy');
    expect(heat.begins('busy')).toBe(true);
    expect(heat.isHotAt('busy', 7)).toBe(true);
  });

  it('forgets whom nobody read for longest once it holds many', () => {
    const heat = heatAt(1, 2);
    heat.begins('first');
    heat.begins('first');
    for (let index = 0; index < 9_999; index += 1) heat.begins(`other ${String(index)}`);
    expect(heat.begins('busy')).toBe(false);
    expect(heat.begins('first')).toBe(false);
    expect(heat.begins('other 9998')).toBe(false);
    expect(heat.begins('other 9998')).toBe(true);
  });
});
