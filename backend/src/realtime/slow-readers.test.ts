import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Logger } from '../infra/logger/logger.js';
import { Metrics } from '../infra/metrics/metrics.js';
import type { LocalSockets } from './local-sockets.js';
import type { RealtimeSocket } from './realtime-socket.js';
import { SlowReaders } from './slow-readers.js';

const SILENT = { failure: () => undefined, expectFailure: () => undefined } as unknown as Logger;
const MIB = 1_048_576;
/** Longer than a round in which every socket is looked at. */
const ROUND_MS = 3_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Sockets for which so many bytes wait, of people who do not read. */
async function cutOf(buffered: Readonly<Record<string, number>>) {
  const cut: string[] = [];
  const sockets = new Map<string, RealtimeSocket>();
  for (const [id, bytes] of Object.entries(buffered)) {
    const webSocket = {
      bufferedAmount: bytes,
      terminate: () => {
        cut.push(id);
        sockets.delete(id);
      },
    };
    const conn = { transport: { name: 'websocket', socket: webSocket }, close: () => undefined };
    sockets.set(id, { id, conn, data: { identity: { userId: id } } } as unknown as RealtimeSocket);
  }
  const local = {
    each: () => sockets.values(),
    count: () => sockets.size,
    has: (id: string) => sockets.has(id),
  } as unknown as LocalSockets;
  const metrics = new Metrics();
  const readers = new SlowReaders(local, metrics, SILENT);
  readers.onApplicationBootstrap();
  await vi.advanceTimersByTimeAsync(ROUND_MS);
  await readers.beforeApplicationShutdown();
  const { values } = await metrics.bufferedBytes.get();
  return { cut, left: [...sockets.keys()], bufferedBytes: values[0]?.value };
}

const named = (count: number, bytes: number): [string, number][] =>
  Array.from({ length: count }, (_, index) => [`s${String(index)}`, bytes]);

it('cuts a socket for which more than 1 MiB waits, and no other', async () => {
  const { cut, left } = await cutOf({ reads: 0, slow: MIB, stuck: MIB + 1 });
  expect(cut).toEqual(['stuck']);
  expect(left).toEqual(['reads', 'slow']);
});

it('cuts the largest first where more than 128 MiB wait for all together, until the rest fits', async () => {
  // Each below the cap of one socket: 150 of 900 KiB and two a little larger, 133.6 MiB.
  const { cut, left } = await cutOf(
    Object.fromEntries([...named(150, 900 * 1_024), ['large', 950 * 1_024], ['larger', 1_000 * 1_024]]),
  );
  expect(cut.slice(0, 2)).toEqual(['larger', 'large']);
  // 145 times 900 KiB are 127.4 MiB; one more would be above.
  expect(left).toHaveLength(145);
});

it('cuts nobody while all together are below', async () => {
  const { cut, bufferedBytes } = await cutOf(Object.fromEntries(named(140, 900 * 1_024)));
  expect(cut).toEqual([]);
  expect(bufferedBytes).toBe(140 * 900 * 1_024);
});
