import type { ErrorCode, Message, SentMessage } from '@parley/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryOutboxStorage, type OutboxEntry } from './outbox-storage.js';
import { Outbox } from './outbox.js';
import { ParleyError, noAnswer } from './parley-error.js';

/** Stores like the server: one message a client id, in the order of arrival. */
class ModelServer {
  readonly stored: { conversationId: string; clientMessageId: string; text: string }[] = [];
  /** Decides what becomes of each try; the default stores and answers. */
  next: () => 'ok' | 'lost-before' | 'lost-after' | ErrorCode = () => 'ok';

  readonly send = async (entry: OutboxEntry): Promise<SentMessage> => {
    await Promise.resolve();
    const fate = this.next();
    if (fate === 'lost-before') throw noAnswer('cut');
    if (fate !== 'ok' && fate !== 'lost-after') throw refusal(fate);
    const known = this.stored.some(({ clientMessageId }) => clientMessageId === entry.clientMessageId);
    if (!known) {
      const { conversationId, clientMessageId, text } = entry;
      this.stored.push({ conversationId, clientMessageId, text });
    }
    if (fate === 'lost-after') throw noAnswer('cut');
    return { message: { seq: this.stored.length } as Message };
  };
}

function refusal(code: ErrorCode): ParleyError {
  const retryable = code === 'RATE_LIMITED' || code === 'UNAVAILABLE' || code === 'INTERNAL';
  return new ParleyError({
    code,
    message: code,
    retryable,
    requestId: 'r',
    ...(retryable ? { retryAfterMs: 500 } : {}),
  });
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Longer than forty failures in a row hold a queue up. */
const settle = () => vi.advanceTimersByTimeAsync(600_000);

describe('outbox', () => {
  it('loses, doubles and reorders nothing, whatever becomes of the tries and whenever the program dies', async () => {
    const fate = fc.constantFrom(
      'ok',
      'lost-before',
      'lost-after',
      'RATE_LIMITED',
      'UNAVAILABLE',
      'INTERNAL',
    );
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), conversation: fc.constantFrom('a', 'b') }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(3_000) }),
      fc.record({ kind: fc.constant('crash' as const) }),
      fc.record({ kind: fc.constant('cut' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30, size: 'max' }),
        fc.array(fate, { maxLength: 40, size: 'max' }),
        async (steps, fates) => {
          const server = new ModelServer();
          const script = [...fates];
          server.next = () => script.shift() ?? 'ok';
          const storage = new MemoryOutboxStorage();
          const begin = async () => {
            const outbox = new Outbox(storage, { send: server.send, shownRev: () => null }, false);
            await outbox.start('ada');
            outbox.connected(true);
            return outbox;
          };
          let outbox = await begin();
          const queued: { conversation: string; text: string }[] = [];
          for (const each of steps) {
            if (each.kind === 'add') {
              const text = `${each.conversation}-${String(queued.length)}`;
              queued.push({ conversation: each.conversation, text });
              outbox.add(each.conversation, text, {});
              // Stored before anything else may happen to the program: until then nothing was promised.
              await vi.advanceTimersByTimeAsync(0);
            } else if (each.kind === 'wait') await vi.advanceTimersByTimeAsync(each.ms);
            else if (each.kind === 'cut') {
              outbox.connected(false);
              outbox.connected(true);
            } else {
              outbox.stop();
              outbox = await begin();
            }
          }
          await settle();
          for (const conversation of ['a', 'b']) {
            expect(
              server.stored.filter((each) => each.conversationId === conversation).map(({ text }) => text),
            ).toEqual(queued.filter((each) => each.conversation === conversation).map(({ text }) => text));
          }
          expect(await storage.load('ada')).toEqual([]);
          outbox.stop();
        },
      ),
      { numRuns: 150, seed: 20_261_123 },
    );
  });

  async function started(server: ModelServer, storage = new MemoryOutboxStorage()): Promise<Outbox> {
    const outbox = new Outbox(storage, { send: server.send, shownRev: () => null }, false);
    await outbox.start('ada');
    outbox.connected(true);
    return outbox;
  }
  const entries = (outbox: Outbox) => outbox.snapshot.getSnapshot().entries;

  it('shows a refusal, goes on with the next, and retries with the same id', async () => {
    const server = new ModelServer();
    const fates = ['FORBIDDEN', 'ok', 'ok'] as const;
    let tries = 0;
    server.next = () => fates[tries++] ?? 'ok';
    const outbox = await started(server);
    const first = outbox.add('a', 'one', {});
    outbox.add('a', 'two', {});
    await settle();
    expect(server.stored.map(({ text }) => text)).toEqual(['two']);
    expect(entries(outbox)[0]).toMatchObject({ state: 'failed', error: { code: 'FORBIDDEN' } });
    outbox.retry(first.clientMessageId);
    await settle();
    expect(server.stored.at(-1)).toMatchObject({ text: 'one', clientMessageId: first.clientMessageId });
  });

  it('pauses all of the queue while the person is over the limit, and says until when', async () => {
    const server = new ModelServer();
    const fates = ['RATE_LIMITED'] as const;
    let tries = 0;
    server.next = () => fates[tries++] ?? 'ok';
    const outbox = await started(server);
    outbox.add('a', 'one', {});
    await vi.advanceTimersByTimeAsync(0);
    expect(outbox.snapshot.getSnapshot().pauseReason?.code).toBe('RATE_LIMITED');
    expect((outbox.snapshot.getSnapshot().pausedUntil ?? 0) - Date.now()).toBeGreaterThanOrEqual(500);
    outbox.add('b', 'two', {});
    await vi.advanceTimersByTimeAsync(100);
    expect(server.stored).toEqual([]);
    await settle();
    expect(server.stored.map(({ text }) => text).sort()).toEqual(['one', 'two']);
  });

  it('waits for the same person when the session is over, and never sends for another one', async () => {
    const server = new ModelServer();
    const storage = new MemoryOutboxStorage();
    let signedIn = false;
    server.next = () => (signedIn ? 'ok' : 'SESSION_REVOKED');
    const outbox = await started(server, storage);
    outbox.add('a', 'mine', {});
    await settle();
    outbox.stop();
    signedIn = true;
    await outbox.start('bob');
    outbox.connected(true);
    await settle();
    expect(server.stored).toEqual([]);
    outbox.stop();
    await outbox.start('ada');
    outbox.connected(true);
    await settle();
    expect(server.stored.map(({ text }) => text)).toEqual(['mine']);
  });

  it('is settled by the message itself when the answer got lost', async () => {
    const server = new ModelServer();
    let answered = false;
    server.next = () => (answered ? 'ok' : 'lost-after');
    const outbox = await started(server);
    const { clientMessageId } = outbox.add('a', 'one', {});
    await vi.advanceTimersByTimeAsync(0);
    outbox.settle({ clientMessageId, conversationId: 'a' } as Message);
    answered = true;
    await settle();
    expect(entries(outbox)).toEqual([]);
    expect(server.stored).toHaveLength(1);
  });
});
