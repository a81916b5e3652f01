import { EventEmitter } from 'node:events';
import type { Adapter } from 'socket.io-adapter';
import { describe, expect, it, vi } from 'vitest';
import { Logger } from '../infra/logger/logger.js';
import { Metrics } from '../infra/metrics/metrics.js';
import type { BusChannels } from '../infra/redis/bus-channels.js';
import type { MembersReading } from './connection-sources.js';
import { ConnectionSources } from './connection-sources.js';
import { LocalSockets } from './local-sockets.js';
import { MembershipGate } from './membership-gate.js';
import type { RealtimeSocket } from './realtime-socket.js';

const ID = '01890000-0000-7000-8000-000000000001';
const ROOM = `c:${ID}`;

/** A room in memory, and a PostgreSQL whose answers the test gives. */
function setUp() {
  const adapter = new EventEmitter();
  const sources = new ConnectionSources();
  const metrics = new Metrics();
  const sockets = new LocalSockets(metrics, {} as BusChannels);
  const present = new Map<string, RealtimeSocket>();
  const told: unknown[] = [];
  const readings: { resolve: (reading: MembersReading) => void; reject: (error: unknown) => void }[] = [];
  sources.provideRooms({
    memberships: () => Promise.resolve(new Map()),
    members: () =>
      new Promise((resolve, reject) => {
        readings.push({ resolve, reject });
      }),
  });
  vi.spyOn(sockets, 'inConversation').mockImplementation(() => [...present.values()]);
  const logger = { failure: vi.fn() };
  const gate = new MembershipGate(sources, sockets, metrics, logger as unknown as Logger);
  gate.watch(adapter as unknown as Adapter);
  const socketOf = (userId: string): RealtimeSocket =>
    ({
      data: { identity: { userId } },
      join: () => {
        adapter.emit('join-room', ROOM, userId);
      },
      leave: () => present.delete(userId),
      emit: (event: string, payload: unknown) => told.push([userId, event, payload]),
    }) as unknown as RealtimeSocket;
  /** `undefined`: by the bus, which says nothing of when the membership was read. */
  const enter = (userId: string, readAt?: number): void => {
    const socket = socketOf(userId);
    present.set(userId, socket);
    if (readAt === undefined) adapter.emit('join-room', ROOM, userId);
    else gate.join(socket, new Map([[ID, { membersRev: readAt }]]));
  };
  const delivered: [string, string[]][] = [];
  const publish = (name: string, membersRev: number | undefined): void => {
    gate.pass([ROOM], membersRev, () => delivered.push([name, [...present.keys()]]));
  };
  const reading = (
    membersRev: number,
    members: string[],
    left: Record<string, number> = {},
  ): MembersReading => ({
    membersRev,
    memberIds: new Set(members),
    leftRevs: new Map(Object.entries(left)),
  });
  return { gate, adapter, enter, publish, delivered, readings, reading, told, logger };
}

/** All that is settled has been heard of. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a frame with the rev of the last removal', () => {
  it('goes out at once where nobody was ever removed, or the removal is applied', () => {
    const { enter, publish, delivered, readings } = setUp();
    enter('anna', 7);
    publish('not of the log', undefined);
    enter('bob');
    publish('no removal', 0);
    expect(delivered.map(([name]) => name)).toEqual(['not of the log', 'no removal']);
    expect(readings).toHaveLength(0);
    const known = setUp();
    known.enter('anna', 7);
    known.publish('applied', 7);
    expect(known.delivered.map(([name]) => name)).toEqual(['applied']);
  });

  it('waits for the members, goes to them alone and in order, and is read for once', async () => {
    const { enter, publish, delivered, readings, reading, told } = setUp();
    enter('anna', 0);
    enter('bob', 0);
    publish('first', 5);
    publish('second', 5);
    publish('older', 0);
    expect(delivered).toEqual([]);
    readings[0]?.resolve(reading(5, ['anna'], { bob: 5 }));
    await settled();
    expect(delivered).toEqual([
      ['first', ['anna']],
      ['second', ['anna']],
      ['older', ['anna']],
    ]);
    expect(told).toEqual([['bob', 'conversation:removed', { conversationId: ID, rev: 5 }]]);
    publish('later', 5);
    expect(delivered).toHaveLength(4);
    expect(readings).toHaveLength(1);
  });

  it('is read for again where somebody came in meanwhile', async () => {
    const { enter, publish, delivered, readings, reading } = setUp();
    enter('anna', 0);
    publish('frame', 5);
    enter('bob');
    readings[0]?.resolve(reading(5, ['anna']));
    await settled();
    expect(delivered).toEqual([]);
    readings[1]?.resolve(reading(5, ['anna'], { bob: 5 }));
    await settled();
    expect(delivered).toEqual([['frame', ['anna']]]);
  });

  it('keeps what has no number waiting only while somebody is there of whom nothing is known', async () => {
    const { enter, publish, delivered, readings, reading } = setUp();
    enter('anna', 0);
    publish('removal', 5);
    publish('beside it', undefined);
    expect(delivered).toEqual([['beside it', ['anna']]]);
    readings[0]?.resolve(reading(5, ['anna']));
    await settled();
    // By a word of the bus that says nothing of when it was true.
    enter('bob');
    publish('to members', undefined);
    expect(delivered).toHaveLength(2);
    readings[1]?.resolve(reading(5, ['anna'], { bob: 3 }));
    await settled();
    publish('later', undefined);
    expect(delivered.slice(2)).toEqual([
      ['to members', ['anna']],
      ['later', ['anna']],
    ]);
    expect(readings).toHaveLength(2);
  });

  it('waits for each of several rooms', async () => {
    const { gate, adapter, enter, readings, reading } = setUp();
    enter('anna');
    adapter.emit('join-room', 'c:another', 'bob');
    const went: string[] = [];
    gate.pass(['u:anna', ROOM, 'c:another'], undefined, () => went.push('once'));
    readings[0]?.resolve(reading(0, ['anna']));
    await settled();
    expect(went).toEqual([]);
    readings[1]?.resolve(reading(0, ['anna']));
    await settled();
    expect(went).toEqual(['once']);
  });

  it('is not delivered where the members can not be read; the next one is read for anew', async () => {
    const { enter, publish, delivered, readings, reading, logger } = setUp();
    enter('anna', 0);
    publish('lost', 5);
    readings[0]?.reject(new Error('PostgreSQL is away'));
    await settled();
    expect(delivered).toEqual([]);
    expect(logger.failure).toHaveBeenCalledOnce();
    publish('next', 5);
    readings[1]?.resolve(reading(5, ['anna']));
    await settled();
    expect(delivered.map(([name]) => name)).toEqual(['next']);
  });

  it('does not wait for a room that has emptied', async () => {
    const { adapter, enter, publish, delivered, readings, reading } = setUp();
    enter('anna', 0);
    publish('frame', 5);
    adapter.emit('delete-room', ROOM);
    readings[0]?.resolve(reading(5, []));
    await settled();
    expect(delivered.map(([name]) => name)).toEqual(['frame']);
  });
});
