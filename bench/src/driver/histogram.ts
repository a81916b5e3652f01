import type { Histogram } from 'hdr-histogram-js';
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64 } from 'hdr-histogram-js';

/** A minute in microseconds: what takes longer counts as that. */
const LONGEST = 60_000_000;

/** Of microseconds, three digits exact. */
export function newHistogram(): Histogram {
  return build({
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
}

export function record(histogram: Histogram, micros: number): void {
  histogram.recordValue(Math.min(LONGEST, Math.max(0, Math.round(micros))));
}

/** As text, for the way from one process to another. */
export const packed = (histogram: Histogram): string => encodeIntoCompressedBase64(histogram);

export interface Quantiles {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  /** Told from 10,000 values on. */
  readonly p999Ms: number | null;
  readonly maxMs: number;
}

/** Of several processes together. */
export function quantilesOf(packedOnes: readonly string[]): Quantiles {
  const sum = newHistogram();
  for (const one of packedOnes) sum.add(decodeFromCompressedBase64(one, 32, false));
  const at = (percentile: number): number => sum.getValueAtPercentile(percentile) / 1_000;
  return {
    count: sum.totalCount,
    meanMs: sum.totalCount === 0 ? 0 : sum.mean / 1_000,
    p50Ms: at(50),
    p90Ms: at(90),
    p99Ms: at(99),
    p999Ms: sum.totalCount >= 10_000 ? at(99.9) : null,
    maxMs: sum.maxValue / 1_000,
  };
}
