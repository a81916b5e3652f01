import type { Counter, Histogram } from 'prom-client';

/**
 * Brings series into being at 0: `increase()` does not see the first event of a series that begins with it, and the first
 * event is the one that an alert is for.
 */
export function preset<L extends string>(
  metric: Counter<L> | Histogram<L>,
  label: NoInfer<L>,
  values: readonly string[],
  others: Partial<Record<NoInfer<L>, string>> = {},
): void {
  for (const value of values) {
    const labels = { ...others, [label]: value } as Record<L, string>;
    if ('zero' in metric) metric.zero(labels);
    else metric.inc(labels, 0);
  }
}
