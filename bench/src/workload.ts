import type { FanOutSizes } from './sizes.js';

/** Who is in which room, by numbers from 0: the same for Parley and for what it is compared with. */
export interface Layout {
  readonly rooms: number;
  /** Of each user, in the order of users. */
  readonly roomsOf: readonly (readonly number[])[];
  /** The first users are the ones who send: together they are in every room once. */
  readonly senders: number;
}

export type Shape = Pick<FanOutSizes, 'users' | 'roomsPerUser' | 'membersPerRoom'>;

/** Every room gets the same number of members, every user the same number of rooms. */
export function layOut({ users, roomsPerUser, membersPerRoom }: Shape): Layout {
  const rooms = (users * roomsPerUser) / membersPerRoom;
  const senders = rooms / roomsPerUser;
  if (!Number.isInteger(senders) || !Number.isInteger(users / senders)) {
    throw new Error(
      `${users} users in ${roomsPerUser} rooms of ${membersPerRoom} members can not be laid out evenly`,
    );
  }
  const each = Array.from({ length: roomsPerUser }, (_, index) => index);
  const roomsOf = Array.from({ length: users }, (_, user) =>
    user < senders
      ? each.map((index) => user * roomsPerUser + index)
      : each.map((index) => (user % senders) + index * senders),
  );
  return { rooms, roomsOf, senders };
}

/** Which user sends to which room; message k goes to the pair k modulo their number. */
export interface Target {
  readonly user: number;
  readonly room: number;
}

/** One message after the other into each room, so that no two messages of a room are under way at once. */
export function everyRoom({ rooms, roomsOf, senders }: Layout): Target[] {
  return Array.from({ length: rooms }, (_, room) => {
    const user = roomsOf.findIndex((own, candidate) => candidate < senders && own.includes(room));
    return { user, room };
  });
}

/** Ten of its members talk in the first room, and nobody elsewhere. */
export function oneRoom({ roomsOf }: Layout): Target[] {
  return roomsOf.flatMap((own, user) => (own.includes(0) ? [{ user, room: 0 }] : [])).slice(0, 10);
}

/** People and rooms with the ids that they have in the database; several worlds fit into one. */
export class World {
  readonly layout: Layout;

  constructor(
    private readonly number: number,
    readonly shape: Shape,
  ) {
    this.layout = layOut(shape);
  }

  // Deliberately plain: the database orders them, and a report can be read.
  private idOf(kind: number, number: number): string {
    const group = `${this.number}${kind}`.padStart(4, '0');
    return `0be4c000-${group}-7000-8000-${number.toString(16).padStart(12, '0')}`;
  }

  userId(user: number): string {
    return this.idOf(1, user);
  }

  sessionId(user: number): string {
    return this.idOf(2, user);
  }

  conversationId(room: number): string {
    return this.idOf(3, room);
  }

  /** The conversations that a user is in. */
  conversationIdsOf(user: number): string[] {
    return (this.layout.roomsOf[user] ?? []).map((room) => this.conversationId(room));
  }
}
