import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { randomUUID } from 'node:crypto';
import { Config } from '../../src/config/config.js';
import { createWorker } from '../../src/create-app.js';
import type { Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';
import { testServices } from '../_support/test-services.js';

/** The relay looks once a second. */
const SOON = { timeout: 10_000, interval: 100 };

describe('a request id', () => {
  let all: Installation;
  let worker: NestFastifyApplication;
  let ann: Person;
  let conversationId: string;
  const lines: string[] = [];

  beforeAll(async () => {
    // Where Winston writes to. The lines are read, and not shown: there are hundreds.
    const place = Reflect.get(console, '_stdout') as NodeJS.WriteStream;
    vi.spyOn(place, 'write').mockImplementation((text) => {
      lines.push(String(text));
      return true;
    });
    all = await Installation.start([{ environment: { LOG_LEVEL: 'debug' } }]);
    // A numbered database of its own: two workers on one queue would take each other's jobs.
    const environment = { DATABASE_URL: all.database.url, REDIS_URL: `${testServices().redisUrl}/10` };
    worker = await createWorker(Config.read({ ...environment, LOG_LEVEL: 'debug' }));
    await worker.listen(0, '127.0.0.1');
    ann = await all.somebody('ann');
    conversationId = (await all.start(ann, [await all.somebody('ben')])).id;
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await worker.close();
    await all.stop();
  });

  async function rowOf(rev: number): Promise<{ id: string; requestId: string | null } | undefined> {
    const rows = await all.database.query<{ id: string; requestId: string | null }>(
      'SELECT id::text, request_id AS "requestId" FROM outbox WHERE conversation_id = $1 AND rev = $2',
      [conversationId, rev],
    );
    return rows[0];
  }

  /** How many lines of the log say that, with these fields. */
  function told(message: string, fields: Record<string, string>): number {
    const parts = Object.entries(fields).map(([key, value]) => ` ${key}=${value}`);
    return lines.filter(
      (line) =>
        line.includes(` ${message} `) && parts.every((part) => `${line.trimEnd()} `.includes(`${part} `)),
    ).length;
  }

  /** The same id stands in the row of that rev, in the line of the API, and in that of the row's job. */
  async function expectFollowed(rev: number, answered: string, requestId: string): Promise<void> {
    const row = await rowOf(rev);
    expect(row).toMatchObject({ requestId });
    await expect.poll(() => told('A job ran', { requestId, outboxId: row?.id ?? '' }), SOON).toBe(1);
    expect(told(answered, { requestId })).toBe(1);
  }

  it('goes from a request into the log of the job that it causes, for what is sent and what is changed', async () => {
    const [sent, changed] = [randomUUID(), randomUUID()];
    const asAnn = { token: ann.token, params: { id: conversationId } };
    const message = await all.api().call('POST /conversations/:id/messages', {
      ...asAnn,
      headers: { 'x-request-id': sent },
      body: { clientMessageId: randomUUID(), text: 'Hello' },
    });
    const { lastRev } = await all.api().call('PATCH /conversations/:id', {
      ...asAnn,
      headers: { 'x-request-id': changed },
      body: { title: 'Ours' },
    });
    await expectFollowed(message.rev, 'A request was answered', sent);
    await expectFollowed(lastRev, 'A request was answered', changed);
  });

  it('is made for a command of a socket, another for each', async () => {
    const socket = await all.connect(ann);
    const { message } = await socket.command('message:send', {
      conversationId,
      clientMessageId: randomUUID(),
      text: 'Hello again',
    });
    const edited = await socket.command('message:edit', { messageId: message.id, text: 'Hello again!' });
    const ids = [await rowOf(message.rev), await rowOf(edited.message.rev)].map(
      (row) => row?.requestId ?? '',
    );
    expect(new Set(ids).size).toBe(2);
    await expectFollowed(message.rev, 'A command was answered', ids[0] ?? '');
    await expectFollowed(edited.message.rev, 'A command was answered', ids[1] ?? '');
  });

  it('is not left behind on a connection: a change without a request names none', async () => {
    await all.database.query("SELECT set_config('parley.request_id', 'of-before', true)");
    await all.database.query('SELECT * FROM set_pin($1, $2, true)', [
      (await all.post(ann, conversationId, 'Pinned')).id,
      ann.user.id,
    ]);
    const rows = await all.database.query<{ requestId: string | null }>(
      'SELECT request_id AS "requestId" FROM outbox WHERE conversation_id = $1 ORDER BY rev DESC LIMIT 1',
      [conversationId],
    );
    expect(rows).toEqual([{ requestId: null }]);
  });
});
