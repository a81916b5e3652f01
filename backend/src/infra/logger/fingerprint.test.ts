import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { ProcessMetrics } from '../metrics/process-metrics.js';
import { fingerprintOf } from './fingerprint.js';

function lookUp(id: string): Error {
  return new Error(`No row for ${id}`);
}
function lookUpElsewhere(id: string): Error {
  return new Error(`No row for ${id}`);
}

describe('failures', () => {
  it('of one fault have one fingerprint, whatever values their texts hold; those of another place have another', () => {
    const group = 'a_request_failed';
    const [first, second, other] = ['a', 'b', 'a'].map((id, index) =>
      fingerprintOf(group, index < 2 ? lookUp(id) : lookUpElsewhere(id)),
    );
    expect(second).toBe(first);
    expect(other).not.toBe(first);
    expect(fingerprintOf('a_job_failed', lookUp('a'))).not.toBe(first);
  });

  it('are counted by their text, in a bounded number of groups', async () => {
    const registry = new Registry();
    const metrics = new ProcessMetrics(registry);
    for (let n = 0; n < 500; n += 1) metrics.failed(`Failure ${String(n)}`, 'error');
    expect(metrics.failed('Failure 7', 'error')).toBe('failure_7');
    expect(metrics.failed('Something new', 'error')).toBe('other');
    const values = (await registry.getSingleMetric('parley_errors_total')?.get())?.values ?? [];
    expect(values).toHaveLength(101);
    expect(values.reduce((sum, { value }) => sum + value, 0)).toBe(502);
    expect(values.find(({ labels }) => labels['group'] === 'failure_7')?.value).toBe(2);
  });
});
