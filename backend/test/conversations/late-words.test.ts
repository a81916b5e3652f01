import type { ServerEvents } from '@parley/protocol';
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BusMessage } from '../../src/realtime/bus-message.js';
import { encodeBusMessage } from '../../src/realtime/bus-message.js';
import { LocalSockets } from '../../src/realtime/local-sockets.js';
import { frameOf } from '../../src/realtime/room-frame.js';
import { conversationRoom, userRoom } from '../../src/realtime/rooms.js';
import { RECONCILE_INTERVAL_MS } from '../../src/realtime/socket-limits.js';
import type { Connection, Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';
import { testServices } from '../_support/test-services.js';

type ConversationEvent = ServerEvents['conversation'];

/** Far more than a reading takes, and less than it takes a sweep to come by twice. */
const SETTLED_MS = 1_000;

describe('words of the bus that come late', () => {
  let installation: Installation;
  let redis: Redis;
  let anna: Person;
  let bob: Person;
  let carla: Person;
  let annas: Connection;
  let bobs: Connection;
  let carlas: Connection;

  beforeAll(async () => {
    redis = new Redis(testServices().redisUrl);
    installation = await Installation.start([{}, {}]);
    [anna, bob, carla] = (await installation.people('anna', 'bob', 'carla')) as [Person, Person, Person];
    [annas, bobs, carlas] = await Promise.all([
      installation.connect(anna, 0),
      installation.connect(bob, 1),
      installation.connect(carla, 1),
    ]);
  });
  afterAll(async () => {
    redis.disconnect();
    await installation.stop();
  });

  /** What an instance said of the person once, and a slow Redis hands over now. */
  async function sayLate(kind: 'join' | 'leave', person: Person, conversationId: string): Promise<void> {
    const from = userRoom(person.user.id);
    await publishLate(from, { kind, from, rooms: [conversationRoom(conversationId)] }, 1);
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  }

  /** `instances`: so many hear of it. */
  async function publishLate(room: string, message: BusMessage, instances: number): Promise<void> {
    const heard = await redis.publish(`parley:room:${room}`, encodeBusMessage(randomUUID(), message));
    expect(heard).toBe(instances);
  }

  it('do not keep a member of today out, who was removed once', async () => {
    const { id } = await installation.start(anna, [bob, carla]);
    const params = { id, userId: carla.user.id };
    await installation.api().call('DELETE /conversations/:id/members/:userId', { token: anna.token, params });
    await carlas.next('conversation:removed', ({ conversationId }) => conversationId === id);
    await installation.api().call('POST /conversations/:id/members', {
      token: anna.token,
      params: { id },
      body: { userIds: [carla.user.id] },
    });
    await carlas.next('conversation', ({ conversation }) => conversation.me.joinedRev === 3);
    // A sweep looks back over what has moved lately: this has not.
    await installation.database.query(
      `UPDATE members SET joined_at = joined_at - interval '1 hour' WHERE conversation_id = $1`,
      [id],
    );
    await sayLate('leave', carla, id);
    await installation.post(anna, id, 'is she still here?');
    await carlas.next('changes', ({ conversationId, toRev }) => conversationId === id && toRev === 4);
  });

  it('and words that never came are made up for, once', async () => {
    const { id } = await installation.start(anna, [bob]);
    // The instance that added her died between the word that joins her sockets and the one that tells her.
    await installation.database.query(
      `INSERT INTO members (conversation_id, user_id, joined_rev, joined_at)
       SELECT id, $2, last_rev, now() FROM conversations WHERE id = $1`,
      [id, carla.user.id],
    );
    await sayLate('join', carla, id);
    const isOfIt = ({ conversation }: ConversationEvent) => conversation.id === id;
    await carlas.next('conversation', isOfIt, 2 * RECONCILE_INTERVAL_MS);
    await new Promise((resolve) => setTimeout(resolve, 2 * RECONCILE_INTERVAL_MS));
    const told = carlas.received.filter(
      ({ event, payload }) => event === 'conversation' && isOfIt(payload as ConversationEvent),
    );
    expect(told).toHaveLength(1);
  });

  it('do not let in again who was removed since', async () => {
    const { id } = await installation.start(anna, [bob, carla]);
    const params = { id, userId: carla.user.id };
    await installation.api().call('DELETE /conversations/:id/members/:userId', { token: anna.token, params });
    await carlas.next('conversation:removed', ({ conversationId }) => conversationId === id);
    await installation.database.query(
      `UPDATE members SET left_at = left_at - interval '1 hour' WHERE conversation_id = $1 AND left_at IS NOT NULL`,
      [id],
    );
    await sayLate('join', carla, id);
    await annas.send('typing:start', { conversationId: id });
    await bobs.next('typing', ({ conversationId }) => conversationId === id);
    await installation.post(anna, id, 'she is gone');
    await bobs.next('changes', ({ conversationId, toRev }) => conversationId === id && toRev === 3);
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    const heard = carlas.received.filter(
      ({ event, payload }) =>
        (event === 'typing' || (event === 'changes' && 'toRev' in payload && payload.toRev > 2)) &&
        'conversationId' in payload &&
        payload.conversationId === id,
    );
    expect(heard).toEqual([]);
  });

  it('and all that was said before the removal, in one go, shows nothing to who was removed', async () => {
    const { id } = await installation.start(anna, [bob, carla]);
    const started = await carlas.next('conversation', ({ conversation }) => conversation.id === id);
    const params = { id, userId: carla.user.id };
    await installation.api().call('DELETE /conversations/:id/members/:userId', { token: anna.token, params });
    await carlas.next('conversation:removed', ({ conversationId }) => conversationId === id);
    const before = carlas.received.length;
    const carlasRoom = userRoom(carla.user.id);
    const receipt = { userId: anna.user.id, readSeq: 0, deliveredSeq: 0 };
    const receipts = frameOf('receipts', { conversationId: id, receipts: [receipt] });
    // In the order in which a Redis that was frozen hands it over: she was added, was told, and somebody read.
    await publishLate(carlasRoom, { kind: 'join', from: carlasRoom, rooms: [conversationRoom(id)] }, 1);
    const shown = frameOf('conversation', started, { about: id });
    await publishLate(carlasRoom, { kind: 'frame', rooms: [carlasRoom], frame: shown }, 1);
    const room = conversationRoom(id);
    await publishLate(room, { kind: 'frame', rooms: [room], frame: receipts }, 2);
    await bobs.next('receipts', ({ conversationId }) => conversationId === id);
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    const heard = carlas.received.slice(before).filter(({ payload }) => JSON.stringify(payload).includes(id));
    // That she is out, told again, is all.
    expect(new Set(heard.map(({ event }) => event))).toEqual(new Set(['conversation:removed']));
  });

  it('do not hide what was written while a member of today was out of the room', async () => {
    const { id } = await installation.start(anna, [bob, carla]);
    await bobs.next('conversation', ({ conversation }) => conversation.id === id);
    // As a sweep does that read the membership before it began again.
    installation.part(LocalSockets, 1).leaveUser(bob.user.id, id);
    const missed = await installation.post(anna, id, 'nobody told bob');
    await carlas.next('changes', ({ toRev }) => toRev === missed.rev);
    await bobs.next('heads', ({ heads }) => heads[id] === missed.rev, 2 * RECONCILE_INTERVAL_MS + SETTLED_MS);
    const next = await installation.post(anna, id, 'he is back');
    await bobs.next('changes', ({ toRev }) => toRev === next.rev);
  });
});
