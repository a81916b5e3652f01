import type { Message, SentMessage } from '@parley/protocol';
import pg from 'pg';
import type { Device } from '../driver/device.js';
import type { Outcome } from '../driver/outcome.js';
import { sleep } from '../driver/outcome.js';
import { readCounters } from '../observe/read-counters.js';
import type { ManagedProcess } from '../run/cluster.js';
import { startGroup } from './talk.js';
import type { Stage, Story } from './story.js';
import { expect, until } from './story.js';

/** A request is counted when its answer is on its way, a job when the relay has come by. */
const COUNTED_WITHIN_MS = 10_000;
/** G5: a connection that went silent in the run is known to be dead by then. */
const DEAD_KNOWN_WITHIN_MS = 25_000;
/** Two rounds of the relay: whatever is counted twice shows by then. */
const SETTLES_MS = 2_500;

const COMMANDS = 'parley_command_duration_seconds_count';
const REQUESTS = 'parley_http_request_duration_seconds_count';
const POSTED = 'POST /api/v1/conversations/:id/messages';
const PATCHED = 'PATCH /api/v1/messages/:id';
const JOBS = 'parley_outbox_done_total';
const CONNECTIONS = 'parley_connections';

const command = (name: string, outcome: string): string =>
  `${COMMANDS}{command="${name}",outcome="${outcome}"}`;
const request = (route: string, status: number): string =>
  `${REQUESTS}{route="${route}",status="${String(status)}"}`;

const NOTHING: ReadonlyMap<string, number> = new Map();

/** What is compared: all commands that a device does not give by itself, and the requests of this story. */
function isCompared(series: string): boolean {
  if (series.startsWith(COMMANDS)) return !/command="(sync|auth:refresh)"/.test(series);
  return series.startsWith(REQUESTS) && (series.includes(`"${POSTED}"`) || series.includes(`"${PATCHED}"`));
}

/** Does things on one instance and keeps the books: what its counters must have gone up by, and how many jobs there must be. */
class Ledger {
  readonly due = new Map<string, number>();
  jobs = 0;
  private ids = 0;

  constructor(
    private readonly instance: ManagedProcess,
    private readonly device: Device,
    private readonly conversation: string,
  ) {}

  private async note(
    series: string,
    doing: Promise<Outcome<unknown>>,
    wanted: 'ok' | 'refused',
    jobs = 0,
  ): Promise<void> {
    const outcome = await doing;
    expect(
      outcome.kind === wanted,
      `${series} at ${this.instance.name} was answered ${outcome.kind === 'refused' ? outcome.code : outcome.kind}`,
    );
    this.due.set(series, (this.due.get(series) ?? 0) + 1);
    this.jobs += jobs;
  }

  private newId(): string {
    this.ids += 1;
    return `counted-${this.instance.name}-${String(this.ids)}`;
  }

  /** `count` sends, one repeat of each third, an edit, and what is refused. */
  async overSocket(count: number, elsewhere: string): Promise<void> {
    const send = (payload: object): Promise<Outcome<SentMessage>> =>
      this.device.command<SentMessage>('message:send', payload);
    const ok = command('message:send', 'ok');
    for (let index = 0; index < count; index += 1) {
      const body = { conversationId: this.conversation, clientMessageId: this.newId(), text: 'counted' };
      const sent = send(body);
      await this.note(ok, sent, 'ok', 1);
      if (index % 3 === 0) await this.note(ok, send(body), 'ok');
      const outcome = await sent;
      if (index > 0 || outcome.kind !== 'ok') continue;
      const edit = { messageId: outcome.data.message.id, text: 'counted and edited' };
      await this.note(command('message:edit', 'ok'), this.device.command('message:edit', edit), 'ok', 1);
    }
    await this.note(command('message:send', 'VALIDATION_FAILED'), send({ text: 'to nobody' }), 'refused');
    const stranger = { conversationId: elsewhere, clientMessageId: this.newId(), text: 'not for me' };
    await this.note(command('message:send', 'NOT_FOUND'), send(stranger), 'refused');
  }

  async overRest(count: number, elsewhere: string): Promise<void> {
    const to = { to: this.instance.url };
    const post = (conversation: string, body: object): Promise<Outcome<Message>> =>
      this.device.session.call<Message>('POST', `/conversations/${conversation}/messages`, body, to);
    for (let index = 0; index < count; index += 1) {
      const body = { clientMessageId: this.newId(), text: 'counted' };
      const sent = post(this.conversation, body);
      await this.note(request(POSTED, 201), sent, 'ok', 1);
      if (index % 3 === 0) await this.note(request(POSTED, 200), post(this.conversation, body), 'ok');
      const outcome = await sent;
      if (index > 0 || outcome.kind !== 'ok') continue;
      const edited = this.device.session.call(
        'PATCH',
        `/messages/${outcome.data.id}`,
        { text: 'counted and edited' },
        to,
      );
      await this.note(request(PATCHED, 200), edited, 'ok', 1);
    }
    await this.note(request(POSTED, 400), post(this.conversation, { text: 'without an id' }), 'refused');
    const stranger = { clientMessageId: this.newId(), text: 'not for me' };
    await this.note(request(POSTED, 404), post(elsewhere, stranger), 'refused');
  }

  /** What the counters say otherwise than the books; empty where they agree. */
  differences(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string[] {
    return [...new Set([...this.due.keys(), ...after.keys()])].flatMap((series) => {
      if (!isCompared(series)) return [];
      const counted = (after.get(series) ?? 0) - (before.get(series) ?? 0);
      const due = this.due.get(series) ?? 0;
      return counted === due
        ? []
        : [`${this.instance.name} counted ${String(counted)} of ${String(due)} ${series}`];
    });
  }
}

async function nothingIsPending(stage: Stage): Promise<void> {
  const client = new pg.Client({ connectionString: stage.cluster.postgres.url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await until(
      async () => (await client.query('SELECT 1 FROM outbox WHERE done_at IS NULL LIMIT 1')).rowCount === 0,
      COUNTED_WITHIN_MS,
      'jobs are still pending',
    );
  } finally {
    await client.end();
  }
}

export const counters: Story = {
  name: 'counters',
  sentence:
    'What the metrics count, by command, route and outcome on each instance, is exactly what was done; each change is one job.',
  run: async (stage) => {
    const { instances, worker } = stage.cluster;
    const [person, other, third] = [await stage.person(), await stage.person(), await stage.person()];
    const group = await startGroup(person, [other], 'counted');
    const elsewhere = await startGroup(other, [third], 'not theirs');
    const ledgers: { instance: ManagedProcess; ledger: Ledger }[] = [];
    for (const instance of instances) {
      const device = await stage.device(person, { socketUrl: instance.url });
      ledgers.push({ instance, ledger: new Ledger(instance, device, group.id) });
    }
    await until(
      async () => {
        const counted = await Promise.all(instances.map(readCounters));
        return counted.every((values) => values.get(CONNECTIONS) === 1);
      },
      DEAD_KNOWN_WITHIN_MS,
      'an instance does not count exactly the one connection that it has',
    );
    await nothingIsPending(stage);
    const before = await Promise.all(instances.map(readCounters));
    const jobsBefore = (await readCounters(worker)).get(JOBS) ?? 0;
    // All at once, and on each instance another number, so that nothing is right by accident.
    await Promise.all(
      ledgers.map(async ({ ledger }, index) => {
        await ledger.overSocket(5 + 4 * index, elsewhere.id);
        await ledger.overRest(7 + 3 * index, elsewhere.id);
      }),
    );
    const jobs = ledgers.reduce((sum, { ledger }) => sum + ledger.jobs, 0);
    const differences = async (): Promise<string[]> => {
      const after = await Promise.all(instances.map(readCounters));
      const found = ledgers.flatMap(({ ledger }, index) =>
        ledger.differences(before[index] ?? NOTHING, after[index] ?? NOTHING),
      );
      const done = ((await readCounters(worker)).get(JOBS) ?? 0) - jobsBefore;
      return done === jobs ? found : [...found, `the worker counted ${String(done)} of ${String(jobs)} jobs`];
    };
    const end = Date.now() + COUNTED_WITHIN_MS;
    let found = await differences();
    while (found.length > 0 && Date.now() < end) {
      await sleep(100);
      found = await differences();
    }
    expect(found.length === 0, found.join('; '));
    await sleep(SETTLES_MS);
    const late = await differences();
    expect(late.length === 0, late.join('; '));
    const counted = ledgers.reduce(
      (sum, { ledger }) => sum + [...ledger.due.values()].reduce((part, value) => part + value, 0),
      0,
    );
    return { instances: instances.length, counted, jobs };
  },
};
