import { Agent, get } from 'node:http';
import pg from 'pg';
import { accessToken } from '../ground/access-token.js';
import type { ManagedProcess, ServiceUrls } from '../ground/cluster.js';
import { FIRST_NUMBER, seedDatabase } from '../ground/seed-database.js';
import { PAGE_STATEMENT, seedMessages } from '../ground/seed-messages.js';
import { newHistogram, packed, quantilesOf, record } from '../driver/histogram.js';
import type { Quantiles } from '../driver/histogram.js';
import { ailments, watchMachine } from '../machine/health.js';
import { told } from '../machine/usage.js';
import { single, spreadOf } from '../report/spread.js';
import { World } from '../workload.js';
import type { Measure } from './lab.js';
import { inRounds, ratios, toldOf, valuesOf } from './rounds.js';

const PAGE = 50;
/**
 * Pages of PostgreSQL that one page of the history may touch, at any size: a row each, its entry in the index, the look-ups of
 * its reactions and attachments, and the head. The index of ten million is no deeper by more than a level.
 */
const BUFFERS_MAX = 400;

interface Page {
  readonly user: number;
  readonly conversationId: string;
  readonly before: number;
}

/** A page of the history, from few messages and from many. */
export const HISTORY: Measure = {
  names: ['H10M'],
  minutes: 4,
  async run(lab) {
    const { sizes, say } = lab;
    const { small, large, rooms, rounds, pages: count } = sizes.history;
    const world = new World(8, { users: rooms, roomsPerUser: 10, membersPerRoom: 10 });
    let smallUrl = '';
    // Before the instances start: each finds its own database as it stays.
    const seed = async ({ databaseUrl }: ServiceUrls): Promise<void> => {
      await seedDatabase(databaseUrl, [world]);
      await seedMessages(databaseUrl, world, small);
      say(`H10M   ${small} messages are there`);
      smallUrl = await copied(databaseUrl);
      await seedMessages(databaseUrl, world, large - small);
      say(`H10M   ${large} messages are there`);
    };
    let seeded: Promise<void> | null = null;
    const options = {
      instances: 2,
      environmentOf: async (index: number, urls: ServiceUrls): Promise<Record<string, string>> => {
        await (seeded ??= seed(urls));
        return index === 0 ? {} : { DATABASE_URL: smallUrl };
      },
    };
    return lab.withCluster(options, async (cluster, secret) => {
      const [many, few] = cluster.instances;
      if (!many || !few) throw new Error('The history takes two instances');
      const subjects = { many, few };
      const heights = { many: Math.floor(large / rooms), few: Math.floor(small / rooms) };
      const pagesOf = {
        many: pagesIn(world, heights.many, count),
        few: pagesIn(world, heights.few, count),
      };
      const read = (subject: 'many' | 'few'): Promise<Quantiles> =>
        readPages(subjects[subject], secret, world, pagesOf[subject]);
      // Twice: what is read then is in memory, and its statements are prepared.
      for (const subject of ['many', 'few', 'many', 'few'] as const) await read(subject);
      const done = await inRounds({
        rounds,
        spareRounds: sizes.spareRounds,
        subjects: ['many', 'few'],
        run: async (subject) => {
          const machine = watchMachine();
          const quantiles = await read(subject === 'many' ? 'many' : 'few');
          const health = { ...machine(), senderLagP99Ms: 0, receiverLagP99Ms: 0, driverCpu: 0 };
          return { subject, quantiles, ailments: ailments(health, sizes.latencyHealth) };
        },
        ailmentsOf: (run) => run.ailments,
        onRun: ({ subject, quantiles }) =>
          say(
            `H10M   ${subject.padEnd(5)} p50 ${quantiles.p50Ms.toFixed(2)} ms, p99 ${quantiles.p99Ms.toFixed(2)} ms`,
          ),
      });
      const buffers = {
        many: await buffersOf(cluster.postgres.url, world, pagesOf.many),
        few: await buffersOf(smallUrl, world, pagesOf.few),
      };
      const p99 = ({ quantiles }: { quantiles: Quantiles }): number => quantiles.p99Ms;
      return [
        {
          name: 'H10M',
          definition: `A page of ${PAGE} from anywhere in the history over REST, p99, warm, of ${large.toLocaleString('en')} messages against ${small.toLocaleString('en')}, in ${rooms} conversations`,
          figures: [
            {
              name: 'p99 of many / of few',
              unit: '×',
              value: spreadOf(ratios(done, ['many', 'few'], p99)),
              goal: { atMost: 1.5 },
            },
            {
              name: 'buffers a page, of many / of few',
              unit: '×',
              value: single(buffers.many / buffers.few),
              goal: { atMost: 1.5 },
            },
            {
              name: 'buffers a page, of many',
              unit: '',
              value: single(buffers.many),
              goal: { atMost: BUFFERS_MAX },
            },
            told('buffers a page, of few', buffers.few, ''),
            {
              ...told('p50, of many', 0, 'ms'),
              value: spreadOf(valuesOf(done, 'many', ({ quantiles }) => quantiles.p50Ms)),
            },
          ],
          compared: {
            unit: 'ms, p99',
            values: {
              many: spreadOf(valuesOf(done, 'many', p99)),
              few: spreadOf(valuesOf(done, 'few', p99)),
            },
          },
          notes: [
            'the rows of a page lie on as many pages of the disk: everybody talks at once',
            `${count} pages a round and database, one at a time, each read before; the larger database does not fit into PostgreSQL's own memory, only into the system's`,
          ],
          ...toldOf(done),
        },
      ];
    });
  },
};

/** The database as it is now, under another name. */
async function copied(url: string): Promise<string> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.href });
  await client.connect();
  try {
    await client.query('CREATE DATABASE parley_few TEMPLATE parley STRATEGY FILE_COPY');
  } finally {
    await client.end();
  }
  admin.pathname = '/parley_few';
  return admin.href;
}

/** From newest to oldest and everywhere, the same each time. */
function pagesIn(world: World, height: number, count: number): Page[] {
  return Array.from({ length: count }, (_, index) => {
    const room = (index * 7_919) % world.layout.rooms;
    const user = world.layout.roomsOf.findIndex((rooms) => rooms.includes(room));
    const share = ((index * 104_729) % 1_000) / 1_000;
    const depth = Math.floor(share * Math.max(0, height - PAGE));
    return {
      user,
      conversationId: world.conversationId(room),
      before: FIRST_NUMBER + height + 1 - depth,
    };
  });
}

async function readPages(
  instance: ManagedProcess,
  secret: string,
  world: World,
  pages: readonly Page[],
): Promise<Quantiles> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const histogram = newHistogram();
  for (const { user, conversationId, before } of pages) {
    const url = `${instance.url}/api/v1/conversations/${conversationId}/messages?before=${before}&limit=${PAGE}`;
    const token = accessToken(secret, world.userId(user), world.sessionId(user));
    const began = performance.now();
    const items = await pageOf(agent, url, token);
    record(histogram, (performance.now() - began) * 1_000);
    if (items !== PAGE) throw new Error(`A page held ${items} messages: ${url}`);
  }
  agent.destroy();
  return quantilesOf([packed(histogram)]);
}

function pageOf(agent: Agent, url: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        body += piece;
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve((JSON.parse(body) as { items: unknown[] }).items.length);
        else reject(new Error(`${response.statusCode ?? 0}: ${body}`));
      });
    }).on('error', reject);
  });
}

/** What the plan touches of a page in the middle: exact, whatever the machine does meanwhile. */
async function buffersOf(url: string, world: World, pages: readonly Page[]): Promise<number> {
  const page = pages[Math.floor(pages.length / 2)];
  if (!page) throw new Error('There is no page');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const explain = async (): Promise<number> => {
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${PAGE_STATEMENT}`,
        [world.userId(page.user), page.conversationId, page.before, PAGE],
      );
      const plan = rows[0]?.['QUERY PLAN'][0].Plan ?? {};
      return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
    };
    // The first look of a connection reads the catalogue too.
    await explain();
    return await explain();
  } finally {
    await client.end();
  }
}
