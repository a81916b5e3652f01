import { describe, expect, it } from 'vitest';
import { World, everyRoom, layOut, oneRoom } from './workload.js';

describe('the layout', () => {
  const layout = layOut({ users: 100, roomsPerUser: 10, membersPerRoom: 20 });

  it('gives every user and every room as many of each other as was asked', () => {
    expect(layout.rooms).toBe(50);
    for (const rooms of layout.roomsOf) expect(new Set(rooms).size).toBe(10);
    for (let room = 0; room < layout.rooms; room += 1)
      expect(layout.roomsOf.filter((rooms) => rooms.includes(room))).toHaveLength(20);
  });

  it('refuses what does not come out even', () => {
    expect(() => layOut({ users: 100, roomsPerUser: 10, membersPerRoom: 30 })).toThrow();
  });

  it('sends to every room once, from one of its members', () => {
    const targets = everyRoom(layout);
    expect(targets.map(({ room }) => room)).toEqual(Array.from({ length: 50 }, (_, room) => room));
    for (const { user, room } of targets) expect(layout.roomsOf[user]).toContain(room);
    expect(new Set(targets.map(({ user }) => user)).size).toBe(layout.senders);
  });

  it('sends to one room from ten of its members', () => {
    const targets = oneRoom(layout);
    expect(new Set(targets.map(({ user }) => user)).size).toBe(10);
    for (const { user, room } of targets)
      expect([room, layout.roomsOf[user]?.includes(0)]).toEqual([0, true]);
  });
});

it('gives each world ids of its own', () => {
  const shape = { users: 20, roomsPerUser: 2, membersPerRoom: 4 };
  const ids = [1, 2].flatMap((number) => {
    const world = new World(number, shape);
    return [world.userId(0), world.userId(1), world.sessionId(0), world.conversationId(0)];
  });
  expect(new Set(ids).size).toBe(ids.length);
});
