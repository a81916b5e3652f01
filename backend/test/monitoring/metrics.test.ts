import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

/** Of one instance that has seen all that this file does; some 50 statements are most of it. */
const SERIES_MAX = 2_500;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}|[0-9a-f]{24,}/;

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

async function read(
  installation: Installation,
  instance: number,
): Promise<{ text: string; samples: Sample[] }> {
  const text = await (await fetch(`${installation.api(instance).baseUrl}/metrics`)).text();
  const samples = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      return {
        name,
        labels: Object.fromEntries(
          [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', text = '']) => [key, text]),
        ),
        value: Number(value),
      };
    });
  return { text, samples };
}

describe('the metrics of two instances', () => {
  let installation: Installation;
  let anna: Person;
  let ben: Person;

  beforeAll(async () => {
    installation = await Installation.start([{}, {}]);
    const [first, second] = await installation.people('anna', 'ben');
    if (!first || !second) throw new Error('Nobody registered');
    [anna, ben] = [first, second];
  });
  afterAll(() => installation.stop());

  async function value(name: string, labels: Record<string, string> = {}, instance = 0): Promise<number> {
    const { samples } = await read(installation, instance);
    const matching = samples.filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
    );
    // What never moved must stand at 0, not be missing: `increase()` needs it.
    expect(matching, `${name} ${JSON.stringify(labels)}`).not.toEqual([]);
    return matching.reduce((sum, sample) => sum + sample.value, 0);
  }

  it('count and measure a message from its command to the sockets of both', async () => {
    expect(await value('parley_messages_total', { outcome: 'created' })).toBe(0);
    expect(await value('parley_delivery_seconds_count', { path: 'bus' }, 1)).toBe(0);
    const { id } = await installation.start(anna, [ben]);
    const sender = await installation.connect(anna, 0);
    const reader = await installation.connect(ben, 1);
    expect(await value('parley_rooms', { kind: 'conversation' })).toBe(1);
    expect(await value('parley_rooms', { kind: 'person' }, 1)).toBe(1);

    const input = { conversationId: id, clientMessageId: 'metrics-once', text: 'Hello' };
    await sender.command('message:send', input);
    await sender.command('message:send', input);
    await sender.send('message:send', { ...input, conversationId: anna.user.id, clientMessageId: 'nowhere' });
    await reader.next('changes', ({ messages }) => messages.some(({ text }) => text === 'Hello'));
    await installation.post(ben, id, 'By REST', {}, 1);

    expect(await value('parley_messages_total', { outcome: 'created' })).toBe(1);
    expect(await value('parley_messages_total', { outcome: 'duplicate' })).toBe(1);
    expect(await value('parley_messages_total', { outcome: 'refused' })).toBe(1);
    expect(await value('parley_messages_total', { outcome: 'created' }, 1)).toBe(1);
    expect(await value('parley_delivery_seconds_count', { path: 'local' })).toBe(1);
    await expect.poll(() => value('parley_delivery_seconds_count', { path: 'bus' })).toBe(1);
    expect(await value('parley_delivery_seconds_count', { path: 'bus' }, 1)).toBe(1);
    expect(await value('parley_delivery_seconds_sum', { path: 'bus' }, 1)).toBeLessThan(10);
    expect(await value('parley_fanout_sockets_count', {}, 1)).toBeGreaterThanOrEqual(2);

    await reader.command('sync', { conversations: { [id]: 0 } });
    expect(await value('parley_sync_bytes_count', {}, 1)).toBe(1);
    expect(await value('parley_sync_messages_sum', {}, 1)).toBeGreaterThanOrEqual(2);
    reader.close();
    await expect.poll(() => value('parley_disconnects_total', { reason: 'client' }, 1)).toBe(1);
    await expect.poll(() => value('parley_rooms', { kind: 'conversation' }, 1)).toBe(0);
  });

  it('measure PostgreSQL and Redis by what they are asked for', async () => {
    const sent = { pool: 'log', statement: 'SELECT send_messages' };
    expect(await value('parley_database_statement_duration_seconds_count', sent)).toBeGreaterThan(0);
    const prisma = { pool: 'main', statement: 'INSERT sessions' };
    expect(await value('parley_database_statement_duration_seconds_count', prisma)).toBeGreaterThan(0);
    expect(await value('parley_pool_wait_seconds_count', { pool: 'main' })).toBeGreaterThan(0);
    expect(await value('parley_pool_size', { pool: 'main' })).toBe(5);
    expect(await value('parley_redis_call_duration_seconds_count', { use: 'rate_limit' })).toBeGreaterThan(0);
    await expect
      .poll(() => value('parley_bus_round_trip_seconds_count'), { timeout: 5_000 })
      .toBeGreaterThan(0);
    expect(await value('parley_build_info')).toBe(1);
    expect(await value('parley_memory_limit_bytes')).toBeGreaterThan(1_000_000);
    expect(await value('parley_errors_total', { group: 'a_command_failed', level: 'error' })).toBe(0);
  });

  it('are named by the conventions of Prometheus, bounded, and say nothing of anybody', async () => {
    const { text, samples } = await read(installation, 0);
    const types = new Map(
      [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]),
    );
    for (const [name, type] of types) {
      if (!name.startsWith('parley_')) continue;
      expect(name, name).toMatch(/^parley_[a-z][a-z_]*[a-z]$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(name, name).not.toMatch(/_(milliseconds|ms|kilobytes|minutes|percent)(_|$)/);
      expect(text, name).toMatch(new RegExp(`^# HELP ${name} [A-Z0-9].*\\.$`, 'm'));
    }
    expect([...types.keys()]).toContain('process_start_time_seconds');
    for (const { name, labels } of samples) {
      for (const label of Object.values(labels)) expect(label, name).not.toMatch(UUID);
    }
    expect(samples.length).toBeLessThan(SERIES_MAX);
  });
});
