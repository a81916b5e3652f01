import type { Measure } from './lab.js';
import { BUS } from './bus.js';
import { GROWTH } from './growth.js';
import { HALF_LOAD } from './half-load.js';
import { HISTORY } from './history.js';
import { RATIOS } from './ratios.js';
import { STORM } from './storm.js';
import { TEN_THOUSAND } from './ten-thousand.js';
import { WRITER } from './writer.js';

/** All measures, in the order in which they are made. */
export const MEASURES: readonly Measure[] = [
  RATIOS,
  WRITER,
  HALF_LOAD,
  TEN_THOUSAND,
  STORM,
  BUS,
  HISTORY,
  GROWTH,
];

export const MEASURE_NAMES: readonly string[] = MEASURES.flatMap(({ names }) => names);
