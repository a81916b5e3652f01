// What the cache of newest pages saves: `npm run bench:cache -w backend`. Pairs of runs, with it and without it, in turn; the
// same process serves both, since a page asked for by `before` the end of the log holds the same and is never cached.
import { Redis } from 'ioredis';
import { Agent, request } from 'node:http';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api } from '../test/_support/api.js';
import type { Person } from '../test/_support/api.js';
import { createTestDatabase } from '../test/_support/test-database.js';
import type { TestDatabase } from '../test/_support/test-database.js';
import { testServices } from '../test/_support/test-services.js';
import { startApiProcess } from './api-process.js';
import type { ApiProcess } from './api-process.js';
import { cpuMs, parentOf, treeCpuMs } from './cpu.js';

const MESSAGES = 50_000;
const MEMBERS = 200;
const READERS = 20;
const PAIRS = 5;
const READS = 1_000;
/** How many read at the same time, and how many reads there are for each write; 0: nobody writes. */
const SITUATIONS = [
  { atOnce: 1, readsPerWrite: 0 },
  { atOnce: 8, readsPerWrite: 0 },
  { atOnce: 8, readsPerWrite: 100 },
  { atOnce: 8, readsPerWrite: 20 },
  { atOnce: 8, readsPerWrite: 5 },
  { atOnce: 8, readsPerWrite: 1 },
] as const;
type Situation = (typeof SITUATIONS)[number];
/** Below this the cache is not worth its code (docs/decisions/0014). */
const LEAST_SAVING = 0.2;

const CONVERSATION = '00000000-0000-7000-8000-00000000c001';
const NEWEST_MESSAGE = `SELECT id, sender_id FROM messages WHERE conversation_id = $1 ORDER BY seq DESC LIMIT 1`;

interface Measured {
  /** Milliseconds of CPU per 1,000 reads. */
  readonly postgres: number;
  readonly api: number;
  readonly redis: number;
  readonly total: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p95: number;
}

describe('the newest page of a busy conversation', () => {
  let database: TestDatabase;
  let api: ApiProcess;
  let readers: Person[];
  let redis: Redis;
  let redisPid: number;
  const agent = new Agent({ keepAlive: true });

  beforeAll(async () => {
    database = await createTestDatabase();
    api = await startApiProcess(database.url);
    redis = new Redis(testServices().redisUrl);
    redisPid = Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]);
    const people = new Api(api.baseUrl);
    readers = await Promise.all(Array.from({ length: READERS }, () => people.register('reader')));
    await seed(database.url);
  }, 120_000);
  afterAll(async () => {
    agent.destroy();
    redis.disconnect();
    await api.stop();
    await database.drop();
  });

  // CPU ms per 1,000 reads, latency in ms; medians over the pairs, and the least and the greatest ratio.
  it('costs less of PostgreSQL and of everything together', async () => {
    const savings = new Map<Situation, number>();
    for (const situation of SITUATIONS) {
      const usesBefore = await uses();
      const pairs: { cached: Measured; plain: Measured }[] = [];
      await measure(true, situation);
      await measure(false, situation);
      for (let index = 0; index < PAIRS; index += 1) {
        // The order changes, so that neither always finds the warmer machine.
        if (index % 2 === 0) {
          const cached = await measure(true, situation);
          pairs.push({ cached, plain: await measure(false, situation) });
        } else {
          const plain = await measure(false, situation);
          pairs.push({ cached: await measure(true, situation), plain });
        }
      }
      const ratios = (of: keyof Measured): number[] =>
        pairs.map(({ cached, plain }) => cached[of] / plain[of]).sort((a, b) => a - b);
      savings.set(situation, 1 - middle(ratios('postgres')));
      const writes =
        situation.readsPerWrite === 0 ? 'no writes' : `${String(situation.readsPerWrite)} reads a write`;
      const lines = [`${String(situation.atOnce)} at once, ${writes}`];
      for (const of of ['postgres', 'api', 'redis', 'total', 'median', 'p95'] as const) {
        const [without, using] = [
          middle(pairs.map(({ plain }) => plain[of])),
          middle(pairs.map(({ cached }) => cached[of])),
        ];
        // Redis does next to nothing without the cache: a ratio to that says nothing.
        const found = of === 'redis' ? [] : ratios(of).map((ratio) => ratio.toFixed(2));
        const ratio =
          found.length === 0
            ? ''
            : `  ratio ${middle(ratios(of)).toFixed(2)} (${found[0] ?? ''} to ${found.at(-1) ?? ''})`;
        lines.push(
          `  ${of.padEnd(9)} without ${without.toFixed(2).padStart(8)}  with ${using.toFixed(2).padStart(8)}${ratio}`,
        );
      }
      const counts = [...(await uses())].map(
        ([outcome, count]) => `${outcome} ${String(count - (usesBefore.get(outcome) ?? 0))}`,
      );
      lines.push(`  uses      ${counts.join(', ')}`);
      // At once: a run takes minutes.
      process.stdout.write(`${lines.join('\n')}\n`);
    }
    for (const situation of SITUATIONS.slice(0, 3)) {
      expect(savings.get(situation), JSON.stringify(situation)).toBeGreaterThan(LEAST_SAVING);
    }
  });

  /** One run. Writes are reactions on the newest message, by SQL beside the instance. */
  async function measure(isCached: boolean, { atOnce, readsPerWrite }: Situation): Promise<Measured> {
    const path = `/api/v1/conversations/${CONVERSATION}/messages${isCached ? '' : `?before=${String(MESSAGES + 1)}`}`;
    // One connection: writes of one conversation wait for each other anyway.
    const writer = new pg.Pool({ connectionString: database.url, max: 1, idleTimeoutMillis: 0 });
    const {
      rows: [newest],
    } = await writer.query<{ id: string; sender_id: string }>(NEWEST_MESSAGE, [CONVERSATION]);

    writer.on('error', () => undefined);
    const writerPid = await backendOf(writer);
    const postgresPid = parentOf(writerPid);
    // The cost of writing is in none of them.
    const used = (): number[] => [treeCpuMs(postgresPid) - cpuMs(writerPid), cpuMs(api.pid), cpuMs(redisPid)];
    const before = used();
    const times: number[] = [];
    let next = 0;
    let isOn = true;
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let index = next++; index < READS; index = next++) {
          if (readsPerWrite > 0 && index % readsPerWrite === 0) {
            isOn = !isOn;
            await writer.query('SELECT set_reaction($1, $2, $3, $4)', [
              newest?.id,
              newest?.sender_id,
              '🎉',
              isOn,
            ]);
          }
          times.push(await read(path, readers[index % READERS]));
        }
      }),
    );
    const after = used();
    await writer.end();
    const [postgres, own, cache] = [0, 1, 2].map(
      (index) => (((after[index] ?? 0) - (before[index] ?? 0)) / READS) * 1_000,
    );
    times.sort((a, b) => a - b);
    return {
      postgres: postgres ?? 0,
      api: own ?? 0,
      redis: cache ?? 0,
      total: (postgres ?? 0) + (own ?? 0) + (cache ?? 0),
      median: middle(times),
      p95: times[Math.floor(times.length * 0.95)] ?? 0,
    };
  }

  function read(path: string, reader: Person | undefined): Promise<number> {
    const started = performance.now();
    return new Promise((resolve, reject) => {
      request(
        `${api.baseUrl}${path}`,
        { agent, headers: { authorization: `Bearer ${reader?.token ?? ''}` } },
        (response) => {
          response.resume();
          response.on('end', () => {
            if (response.statusCode === 200) resolve(performance.now() - started);
            else reject(new Error(`${path}: ${String(response.statusCode)}`));
          });
        },
      )
        .on('error', reject)
        .end();
    });
  }

  /** Of the cache, so far, by outcome. */
  async function uses(): Promise<Map<string, number>> {
    const text = await (await fetch(`${api.baseUrl}/metrics`)).text();
    return new Map(
      [...text.matchAll(/^parley_cache_uses_total\{.*outcome="(\w+)"\} (\d+)$/gm)].map(
        ([, outcome, count]) => [outcome ?? '', Number(count)],
      ),
    );
  }

  /** People without passwords beside the readers; every fifth message has reactions, as in talkative groups. */
  async function seed(url: string): Promise<void> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const first = readers[0]?.user.id;
    await client.query(
      `INSERT INTO users (id, username, display_name)
       SELECT gen_random_uuid(), 'member' || i, 'Member ' || i FROM generate_series(1, $1::int) i`,
      [MEMBERS - READERS],
    );
    await client.query(
      `INSERT INTO conversations (id, kind, title, created_by, member_count, last_seq, last_rev, text_count)
       VALUES ($1, 'group', 'Everybody', $2, $3, $4, $4, $4)`,
      [CONVERSATION, first, MEMBERS, MESSAGES],
    );
    await client.query(
      'INSERT INTO members (user_id, conversation_id, joined_rev, joined_at) SELECT id, $1, 1, now() FROM users',
      [CONVERSATION],
    );
    await client.query(
      `WITH people AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM users)
       INSERT INTO messages (conversation_id, seq, id, rev, sender_id, client_message_id, text, text_count, created_at)
       SELECT $1, i, gen_random_uuid(), i, p.id, gen_random_uuid()::text, repeat('some words ', 1 + i % 20), i, now()
         FROM generate_series(1, $2::int) i JOIN people p ON p.place = 1 + i % $3`,
      [CONVERSATION, MESSAGES, MEMBERS],
    );
    await client.query(
      `INSERT INTO reactions (message_id, emoji, user_id, created_at)
       SELECT m.id, '👍', u.id, now() FROM messages m JOIN users u ON hashtext(u.id::text || m.id::text) % 40 = 0
        WHERE m.seq % 5 = 0 AND m.seq > $1`,
      [MESSAGES - 1_000],
    );
    await client.query('VACUUM ANALYZE');
    await client.end();
  }
});

async function backendOf(client: pg.Pool): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(half)] ?? 0)
    : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}
