import 'reflect-metadata';
import type { Ack, CommandResult, TypingInput } from '@parley/protocol';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Config } from '../../src/config/config.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { conflict } from '../../src/infra/errors/parley-error.js';
import { configureHttp, httpAdapter } from '../../src/infra/http/configure-http.js';
import { InfraModule } from '../../src/infra/infra.module.js';
import { Command, CommandGateway } from '../../src/realtime/command.js';
import { ConnectionSources } from '../../src/realtime/connection-sources.js';
import { RealtimeAdapter } from '../../src/realtime/realtime-adapter.js';
import { RealtimeModule } from '../../src/realtime/realtime.module.js';
import { Connection } from '../_support/api.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';
import { testServices } from '../_support/test-services.js';

const ID = '01890000-0000-7000-8000-000000000000';
const CANARY = 'canary-7f3a';

/** A feature that fails in every way a feature can. */
@CommandGateway()
class FailingGateway {
  @Command('typing:start')
  start({ conversationId }: TypingInput): Promise<CommandResult<'typing:start'>> {
    switch (conversationId.at(-1)) {
      case '1':
        throw new Error(`SELECT secrets, ${CANARY}`);
      case '2':
        return Promise.reject(new Error(`async ${CANARY}`));
      case '3':
        throw conflict('It is so already.');
      case '4':
        // Libraries throw what is no Error, too.
        AbortSignal.abort('a text').throwIfAborted();
        return new Promise(() => undefined);
      case '5':
        return Promise.reject(Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' }));
      case '6':
        return new Promise(() => undefined);
      default:
        return Promise.resolve({});
    }
  }
}

@Module({ providers: [FailingGateway] })
class FailingFeature {
  constructor(sources: ConnectionSources) {
    sources.provideAuthentication((token) =>
      Promise.resolve({ userId: token, sessionId: token, expiresAt: Date.now() + 600_000 }),
    );
    sources.provideRooms({
      memberships: () =>
        new Promise((resolve) =>
          setTimeout(() => {
            resolve(new Map());
          }, 300),
        ),
      members: () => Promise.reject(new Error('No conversation is here')),
    });
    sources.provideEpoch(() => Promise.resolve('epoch'));
  }
}

describe('commands', () => {
  let database: TestDatabase;
  let app: NestFastifyApplication;
  let connection: Connection;
  let url: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    const config = Config.read({
      DATABASE_URL: database.url,
      REDIS_URL: testServices().redisUrl,
      LOG_LEVEL: 'error',
      RATE_LIMIT_COMMANDS_PER_MINUTE: '60',
    });
    @Module({ imports: [ConfigModule.of(config), InfraModule, RealtimeModule, FailingFeature] })
    class TestModule {}
    app = await NestFactory.create<NestFastifyApplication>(TestModule, httpAdapter(config), {
      logger: false,
    });
    await configureHttp(app);
    app.useWebSocketAdapter(new RealtimeAdapter(app));
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    connection = await Connection.open(url, { token: ID, protocol: 1 });
  });
  afterAll(async () => {
    connection.close();
    await app.close();
    await database.drop();
  });

  it.each<[string, string, unknown[], string, boolean]>([
    ['an unknown command', 'no:such', [{}], 'VALIDATION_FAILED', false],
    ['the name of something inherited', 'constructor', [{}], 'VALIDATION_FAILED', false],
    ['a command that is not offered', 'presence:set', [{ status: 'online' }], 'VALIDATION_FAILED', false],
    ['no payload', 'typing:start', [], 'VALIDATION_FAILED', false],
    ['a text as payload', 'typing:start', ['text'], 'VALIDATION_FAILED', false],
    ['null as payload', 'typing:start', [null], 'VALIDATION_FAILED', false],
    ['a list as payload', 'typing:start', [[]], 'VALIDATION_FAILED', false],
    ['two payloads', 'typing:start', [{ conversationId: ID }, {}], 'VALIDATION_FAILED', false],
    ['bytes as payload', 'typing:start', [Buffer.from('bytes')], 'VALIDATION_FAILED', false],
    [
      'bytes in the payload',
      'typing:start',
      [{ conversationId: Buffer.from('bytes') }],
      'VALIDATION_FAILED',
      false,
    ],
    ['a wrong field', 'typing:start', [{ conversationId: 7 }], 'VALIDATION_FAILED', false],
    ['an unknown field', 'typing:start', [{ conversationId: ID, more: 1 }], 'VALIDATION_FAILED', false],
    [
      'a field of the prototype',
      'typing:start',
      [JSON.parse(`{"conversationId":"${ID}","__proto__":{"a":1}}`)],
      'VALIDATION_FAILED',
      false,
    ],
    ['a throw', 'typing:start', [{ conversationId: ID.replace(/.$/, '1') }], 'INTERNAL', true],
    ['a rejection', 'typing:start', [{ conversationId: ID.replace(/.$/, '2') }], 'INTERNAL', true],
    ['a refusal', 'typing:start', [{ conversationId: ID.replace(/.$/, '3') }], 'CONFLICT', false],
    ['a thrown text', 'typing:start', [{ conversationId: ID.replace(/.$/, '4') }], 'INTERNAL', true],
    [
      'a database that is away',
      'typing:start',
      [{ conversationId: ID.replace(/.$/, '5') }],
      'UNAVAILABLE',
      true,
    ],
    [
      'a handler that hangs',
      'typing:start',
      [{ conversationId: ID.replace(/.$/, '6') }],
      'UNAVAILABLE',
      true,
    ],
  ])('answers %s once, with the error object', async (_, name, parts, code, retryable) => {
    let answers = 0;
    const ack = await new Promise<unknown>((resolve) => {
      (connection.socket as unknown as { emit: (...all: unknown[]) => void }).emit(
        name,
        ...parts,
        (answer: unknown) => {
          answers += 1;
          resolve(answer);
        },
      );
    });
    expect(ack).toMatchObject({ ok: false, error: { code, retryable } });
    expect(ack).toHaveProperty('error.requestId');
    expect(JSON.stringify(ack)).not.toContain(CANARY);
    expect(answers).toBe(1);
    expect(connection.socket.connected).toBe(true);
  });

  it('refuses what is nested deeply, without looking at it all', async () => {
    const deep = JSON.parse(`${'['.repeat(3_000)}${']'.repeat(3_000)}`) as unknown;
    const ack = await connection.sendRaw('typing:start', { conversationId: deep });
    expect(ack).toMatchObject({ ok: false, error: { code: 'VALIDATION_FAILED' } });
    expect(JSON.stringify(ack).length).toBeLessThan(1_000);
  });

  it('runs a command that wants no ack, and answers the next', async () => {
    (connection.socket as unknown as { emit: (...all: unknown[]) => void }).emit('typing:start', {
      conversationId: ID,
    });
    (connection.socket as unknown as { emit: (...all: unknown[]) => void }).emit('no:such');
    expect(await connection.send('typing:start', { conversationId: ID })).toEqual({ ok: true, data: {} });
  });

  it('answers commands sent before `ready` after it', async () => {
    const early = Connection.start(url, { token: ID, protocol: 1 });
    const received: string[] = [];
    early.socket.onAny((event: string) => received.push(event));
    const note = (ack: Ack<unknown>): void => {
      received.push(ack.ok ? 'ok' : ack.error.code);
    };
    await Promise.all([
      early.sendRaw('no:such', {}).then(note),
      early.sendRaw('typing:start', { conversationId: 7 }).then(note),
      early.send('typing:start', { conversationId: ID }).then(note),
    ]);
    expect(received[0]).toBe('ready');
    expect(received.slice(1).sort()).toEqual(['VALIDATION_FAILED', 'VALIDATION_FAILED', 'ok']);
    early.close();
  });

  it('closes the connection for a frame above 64 KiB, and only that one', async () => {
    const large = await Connection.open(url, { token: ID, protocol: 1 });
    const closed = large.closed();
    large.socket.emit('typing:start', { conversationId: 'x'.repeat(70_000) }, () => undefined);
    await closed;
    expect(connection.socket.connected).toBe(true);
  });

  it('limits the commands of one person and keeps the socket open', async () => {
    const token = ID.replace(/.$/, '9');
    const busy = await Connection.open(url, { token, protocol: 1 });
    const acks = await Promise.all(
      Array.from({ length: 62 }, () => busy.send('typing:start', { conversationId: ID })),
    );
    const refused = acks.filter((ack) => !ack.ok);
    expect(refused).toHaveLength(2);
    expect(refused[0]).toMatchObject({
      error: { code: 'RATE_LIMITED', retryable: true, limit: 'commandsPerMinute' },
    });
    expect(refused[0]).toHaveProperty('error.retryAfterMs');
    // Every ack of a send tells the message budget, also of one that was refused before it was asked.
    expect(await busy.sendRaw('message:send', {})).toMatchObject({
      ok: false,
      error: { limit: 'commandsPerMinute' },
      rate: { limit: 100, remaining: 100 },
    });
    expect(busy.socket.connected).toBe(true);
    busy.close();
  });

  it('is left by a drain that tells, finishes and closes, and refuses newcomers with 503', async () => {
    const leaving = await Connection.open(url, { token: ID, protocol: 1 });
    const started = performance.now();
    const closing = app.close();
    // Two sockets are left, which have a moment each; thousands have up to ten seconds.
    expect(await leaving.next('draining')).toEqual({ reconnectAfterMs: 100 });
    const upgrade = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    expect(upgrade.status).toBe(503);
    await leaving.closed();
    await closing;
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
