import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { Fleet } from '../driver/fleet.js';
import { accessToken } from '../ground/access-token.js';
import type { Cluster, ManagedProcess } from '../ground/cluster.js';
import { firstOf } from '../ground/cluster.js';
import { FIRST_NUMBER, seedDatabase } from '../ground/seed-database.js';
import { ailments, watchMachine } from '../machine/health.js';
import { told } from '../machine/usage.js';
import type { Figure, MeasureResult } from '../report/report.js';
import { spreadOf } from '../report/spread.js';
import type { Target } from '../workload.js';
import { World } from '../workload.js';
import type { Lab, Measure } from './lab.js';
import type { Round } from './rounds.js';
import { inRounds, ratios, toldOf, valuesOf } from './rounds.js';

const run = promisify(execFile);

/** Far beyond what a run takes: a hanging program must not hold the bench. */
const ENDS_WITHIN_MS = 60_000;

type Where = 'spread' | 'hot';

interface WriterRun {
  readonly perSecond: number;
  readonly ailments: readonly string[];
}

interface Place {
  readonly lab: Lab;
  readonly cluster: Cluster;
  readonly instance: ManagedProcess;
  readonly secret: string;
  readonly world: World;
  readonly folder: string;
  readonly database: pg.Client;
}

/** Durable sends a second, against pgbench that only inserts. */
export const WRITER: Measure = {
  names: ['F_pg'],
  minutes: 2.5,
  async run(lab) {
    lab.ensureTool('pgbench');
    const world = new World(4, lab.sizes.writer);
    return lab.withCluster({ instances: 1 }, async (cluster, secret) => {
      await seedDatabase(cluster.postgres.url, [world]);
      const instance = firstOf(cluster.instances);
      // What is stored is handed on by the worker: here only the storing counts, as in pgbench.
      await cluster.worker.terminate();
      const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
      const database = new pg.Client({ connectionString: cluster.postgres.url });
      await database.connect();
      try {
        await database.query(`CREATE SEQUENCE bench_numbers START ${FIRST_NUMBER * 100}`);
        return [await compare({ lab, cluster, instance, secret, world, folder, database })];
      } finally {
        await database.end();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  },
};

/** Each waits alone in a conversation of its own, or all in one. */
function sendersOf(world: World, where: Where, count: number): Target[] {
  if (where === 'hot') {
    const members = world.layout.roomsOf.flatMap((rooms, user) => (rooms.includes(0) ? [user] : []));
    return Array.from({ length: count }, (_, index) => ({
      user: members[index % members.length] ?? 0,
      room: 0,
    }));
  }
  return Array.from({ length: count }, (_, index) => {
    const room = index % world.layout.rooms;
    return { room, user: world.layout.roomsOf.findIndex((rooms) => rooms.includes(room)) };
  });
}

const PGBENCH = 'pgbench';
const PARLEY = 'writer';
const FEW = 'writer, as few';
const SOCKETS = 'through sockets';

async function compare(place: Place): Promise<MeasureResult> {
  const { lab } = place;
  const { sizes } = lab;
  const { pgbenchClients, waitingSenders } = sizes.writer;
  const rounds = new Map<Where, Round<WriterRun>[]>();
  for (const where of ['spread', 'hot'] as const) {
    const runs: Record<string, () => Promise<number>> = {
      [PGBENCH]: () => insertsPerSecond(place, where),
      [PARLEY]: () => writesPerSecond(place, where, waitingSenders),
      ...(where === 'spread'
        ? {
            [FEW]: () => writesPerSecond(place, where, pgbenchClients),
            [SOCKETS]: () => socketsPerSecond(place, waitingSenders),
          }
        : {}),
    };
    rounds.set(
      where,
      await inRounds<WriterRun>({
        rounds: sizes.rounds,
        spareRounds: sizes.spareRounds,
        subjects: Object.keys(runs),
        run: async (subject) => {
          await emptied(place);
          const machine = watchMachine();
          const perSecond = (await runs[subject]?.()) ?? 0;
          const health = { ...machine(), senderLagP99Ms: 0, receiverLagP99Ms: 0, driverCpu: 0 };
          lab.say(
            `F_pg   ${where.padEnd(6)} ${subject.padEnd(16)} ${Math.round(perSecond)} a second, others ${(health.foreign * 100).toFixed(0)} %`,
          );
          return { perSecond, ailments: ailments(health, sizes.health) };
        },
        ailmentsOf: (done) => done.ailments,
        onRun: () => undefined,
      }),
    );
  }
  return result(lab, rounds);
}

function result(lab: Lab, rounds: ReadonlyMap<Where, Round<WriterRun>[]>): MeasureResult {
  const { pgbenchClients, waitingSenders } = lab.sizes.writer;
  const spread = rounds.get('spread') ?? [];
  const hot = rounds.get('hot') ?? [];
  const perSecond = (one: WriterRun): number => one.perSecond;
  const ratio = (
    of: readonly Round<WriterRun>[],
    subject: string,
    name: string,
    atLeast?: number,
  ): Figure => ({
    name,
    unit: '×',
    value: spreadOf(ratios(of, [subject, PGBENCH], perSecond)),
    ...(atLeast === undefined ? {} : { goal: { atLeast } }),
  });
  const { ailments: none, ...rest } = toldOf([...spread, ...hot]);
  return {
    name: 'F_pg',
    definition: `Durable sends a second at the writer, ${waitingSenders} people waiting at once over three connections, against single-row inserts of pgbench with ${pgbenchClients} connections (where it is quickest) into the same table`,
    figures: [
      ratio(spread, PARLEY, 'spread over rooms', 1.7),
      ratio(hot, PARLEY, 'one hot room', 1.5),
      ratio(spread, SOCKETS, 'end to end through sockets', 0.7),
      ratio(spread, FEW, `with as few clients as pgbench, ${pgbenchClients}`),
      ...[PARLEY, FEW, SOCKETS].map((subject): Figure => perSecondOf(spread, subject, perSecond)),
    ],
    compared: {
      unit: 'durable messages a second, spread over rooms',
      values: Object.fromEntries(
        [PARLEY, PGBENCH].map((subject) => [subject, spreadOf(valuesOf(spread, subject, perSecond))]),
      ),
    },
    notes: [
      `one hot room: ${[PARLEY, PGBENCH].map((subject) => `${subject} ${Math.round(spreadOf(valuesOf(hot, subject, perSecond))?.median ?? 0)}`).join(' · ')} a second`,
      'the writer also numbers, checks membership, looks for repeats, moves the pointer and writes the outbox; pgbench inserts a row',
    ],
    ...rest,
    ailments: none,
  };
}

function perSecondOf(
  rounds: readonly Round<WriterRun>[],
  subject: string,
  perSecond: (one: WriterRun) => number,
): Figure {
  return { ...told(subject, 0, 'a second'), value: spreadOf(valuesOf(rounds, subject, perSecond)) };
}

/** Every run finds the same table, and no checkpoint that another one has left over. */
async function emptied({ database }: Place): Promise<void> {
  await database.query('TRUNCATE messages, outbox');
  await database.query('VACUUM conversations, members');
  await database.query('CHECKPOINT');
}

async function writesPerSecond(place: Place, where: Where, count: number): Promise<number> {
  const { lab, cluster, world, instance } = place;
  const { textLength, warmUpMs, measureMs } = lab.sizes.writer;
  await instance.terminate();
  const senders = sendersOf(world, where, count).map(({ user, room }) => ({
    userId: world.userId(user),
    conversationId: world.conversationId(room),
  }));
  const load = JSON.stringify({ senders, textLength, warmUpMs, measureMs });
  const { stdout } = await run(process.execPath, [lab.writerEntry, load], {
    env: { ...process.env, NODE_ENV: 'test', LOG_LEVEL: 'error', DATABASE_URL: cluster.postgres.url },
    timeout: ENDS_WITHIN_MS,
  });
  const { committed, seconds } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
    committed: number;
    seconds: number;
  };
  return committed / seconds;
}

async function insertsPerSecond(place: Place, where: Where): Promise<number> {
  const { lab, cluster, world, folder, instance } = place;
  const { pgbenchClients, textLength, warmUpMs, measureMs } = lab.sizes.writer;
  await instance.terminate();
  const room = world.conversationId(0).slice(0, -12);
  const script = join(folder, `${where}.sql`);
  writeFileSync(
    script,
    [
      `\\set room ${where === 'hot' ? '0' : `random(0, ${world.layout.rooms - 1})`}`,
      `INSERT INTO messages (conversation_id, seq, id, rev, sender_id, client_message_id, text, text_count, created_at)
       SELECT ('${room}' || lpad(to_hex(:room::int), 12, '0'))::uuid, n, uuidv7(), n, '${world.userId(0)}', uuidv7()::text,
              '${'x'.repeat(textLength)}', 1, clock_timestamp() FROM nextval('bench_numbers') AS n;`.replaceAll(
        '\n',
        ' ',
      ),
      '',
    ].join('\n'),
  );
  const { path, env } = lab.ensureTool('pgbench');
  const { hostname, port, username, pathname } = new URL(cluster.postgres.url);
  const seconds = Math.max(1, Math.round((warmUpMs + measureMs) / 1_000));
  const { stdout } = await run(
    path,
    [
      ...['-n', '-M', 'prepared', '-f', script, '-T', String(seconds)],
      ...['-c', String(pgbenchClients), '-j', '2'],
      ...['-h', hostname, '-p', port, '-U', username, pathname.slice(1)],
    ],
    { env: { ...process.env, ...env }, timeout: ENDS_WITHIN_MS },
  );
  const tps = /^tps = ([\d.]+) \(without initial/m.exec(stdout)?.[1];
  if (tps === undefined) throw new Error(`pgbench answered ${stdout}`);
  return Number(tps);
}

async function socketsPerSecond(place: Place, count: number): Promise<number> {
  const { lab, world, instance, secret } = place;
  const { textLength, warmUpMs, measureMs } = lab.sizes.writer;
  await instance.start();
  const targets = sendersOf(world, 'spread', count);
  const users = [...new Set(targets.map(({ user }) => user))];
  const fleet = new Fleet(0);
  try {
    await fleet.connect({
      urlOf: () => instance.url,
      users,
      senders: new Set(users),
      authOf: (user) => ({ token: accessToken(secret, world.userId(user), world.sessionId(user)) }),
      atOnce: lab.sizes.handshakesAtOnce,
    });
    const { acknowledged, seconds } = await fleet.saturate({
      targets: targets.map(({ user, room }) => ({ user, conversationId: world.conversationId(room) })),
      name: `${process.pid}-${Math.round(performance.now())}`,
      warmUpMs: warmUpMs * 2,
      durationMs: measureMs,
      textLength,
    });
    return acknowledged / seconds;
  } finally {
    await fleet.stop();
    await instance.terminate();
  }
}
