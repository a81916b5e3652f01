import type { Figure } from '../report/report.js';
import { single } from '../report/spread.js';
import type { Dimension } from './growth-expected.js';
import { PREDICTIONS } from './growth-expected.js';

export type Point = readonly [thing: number, cpuMsPerSend: number];

/** Of the line through the logarithms, with the least squares. */
export function logSlope(points: readonly Point[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(logs.map(([one]) => one));
  const y = mean(logs.map(([, one]) => one));
  const above = logs.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0);
  const below = logs.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
  return below === 0 ? 0 : above / below;
}

/** The slope, judged by what was predicted: the greatest that is no surprise. Cheaper than predicted is told, not judged. */
export function growthFigure(dimension: Dimension, points: readonly Point[]): Figure {
  return {
    name: `CPU a send by ${dimension}, log-log slope`,
    unit: '',
    value: points.length < 2 ? null : single(logSlope(points)),
    ...(points.length < 2 ? {} : { goal: { atMost: PREDICTIONS[dimension].to } }),
  };
}
