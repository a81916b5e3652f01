import type { Adapter } from 'socket.io-adapter';
import { describe, expect, it } from 'vitest';
import type { RealtimeSocket } from './realtime-socket.js';
import { RoomWriter } from './room-writer.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Sockets by number, whose connections write down what is written to them. */
function setUp(count: number, waitingFor: Readonly<Record<string, string>> = {}) {
  const written: [socketId: string, text: string][] = [];
  const sockets = new Map<string, RealtimeSocket>();
  const ids = Array.from({ length: count }, (_, index) => `s${index}`);
  for (const id of ids) {
    const conn = {
      readyState: 'open',
      transport: { name: 'polling' },
      writeBuffer: [{ data: waitingFor[id] ?? '' }],
      write: (text: string) => written.push([id, text]),
    };
    sockets.set(id, { conn } as unknown as RealtimeSocket);
  }
  const rooms = new Map([
    ['large', new Set(ids)],
    ['small', new Set(ids.slice(0, 2))],
  ]);
  const writer = new RoomWriter({ rooms } as unknown as Adapter, sockets);
  const write = (room: string, text: string, isVolatile = false): void => {
    writer.write([room], { packet: Buffer.from(`4${text}`), isVolatile });
  };
  const readersOf = (text: string): string[] =>
    written.filter(([, one]) => one === text).map(([socketId]) => socketId);
  return { written, rooms, ids, write, readersOf };
}

describe('writing to a room', () => {
  it('lets others have their turn, and keeps the order of the room at each socket', async () => {
    const { written, ids, write, readersOf } = setUp(3_000);
    write('large', 'first');
    write('large', 'second');
    write('small', 'between');
    expect(readersOf('between')).toHaveLength(2);
    expect(readersOf('first').length).toBeLessThan(3_000);
    expect(readersOf('second')).toHaveLength(0);
    for (let turns = 0; turns < 20; turns += 1) await turn();
    expect(readersOf('first')).toEqual(ids);
    expect(readersOf('second')).toEqual(ids);
    const last = written.filter(([socketId]) => socketId === 's2999').map(([, text]) => text);
    expect(last).toEqual(['first', 'second']);
  });

  it('does not reach who left while it was written, nor what was published after that', async () => {
    const { rooms, write, readersOf } = setUp(3_000);
    write('large', 'first');
    rooms.get('large')?.delete('s2999');
    write('large', 'second');
    for (let turns = 0; turns < 20; turns += 1) await turn();
    expect(readersOf('first')).not.toContain('s2999');
    expect(readersOf('first')).toHaveLength(2_999);
    expect(readersOf('second')).toHaveLength(2_999);
  });

  it('is done before it returns where the room is small', () => {
    const { write, readersOf } = setUp(2);
    write('small', 'now');
    expect(readersOf('now')).toHaveLength(2);
  });

  it('leaves out what is worth nothing later where much waits for a socket, and never a message', () => {
    const { write, readersOf } = setUp(2, { s0: 'x'.repeat(65_537), s1: 'x'.repeat(65_536) });
    write('small', 'typing', true);
    write('small', 'message');
    expect(readersOf('typing')).toEqual(['s1']);
    expect(readersOf('message')).toEqual(['s0', 's1']);
  });
});
