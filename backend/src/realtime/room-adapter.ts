import { Adapter } from 'socket.io-adapter';
import type { BroadcastOptions as AdapterOptions } from 'socket.io-adapter';
import type { Logger } from '../infra/logger/logger.js';
import type { DeliveryPath } from '../infra/metrics/delivery-metrics.js';
import type { Metrics } from '../infra/metrics/metrics.js';
import type { BusChannels } from '../infra/redis/bus-channels.js';
import type { BusPublisher } from '../infra/redis/bus-publisher.js';
import type { Arrivals } from './arrivals.js';
import type { BusMessage, RoomMove } from './bus-message.js';
import { decodeBusMessage, encodeBusMessage } from './bus-message.js';
import type { DeliveredFrames } from './delivered-frames.js';
import type { BusTrust } from './bus-trust.js';
import type { MembershipGate } from './membership-gate.js';
import type { MembershipMoves } from './membership-moves.js';
import type { RealtimeSocket } from './realtime-socket.js';
import type { RoomFrame } from './room-frame.js';
import { frameOf } from './room-frame.js';
import { RoomWriter } from './room-writer.js';
import { conversationOfRoom, conversationRoom, isSharedRoom, userOfRoom } from './rooms.js';

export interface RoomAdapterParts {
  readonly instanceId: string;
  readonly publisher: BusPublisher;
  readonly channels: BusChannels;
  readonly gate: MembershipGate;
  readonly moves: MembershipMoves;
  readonly frames: DeliveredFrames;
  readonly arrivals: Arrivals;
  readonly trust: Pick<BusTrust, 'mayWithhold'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** What `emit` of Socket.IO and our own publisher hand over. */
interface EventPacket {
  readonly data: Parameters<typeof frameOf>;
}

interface BroadcastOptions extends AdapterOptions {
  readonly flags?: AdapterOptions['flags'] & { readonly membersRev?: number; readonly about?: string };
}

const PREFIX = 'parley:room:';
/** For what concerns several rooms at once, which is rare. */
const EVERY_INSTANCE = `${PREFIX}*`;

/**
 * Rooms over all instances, through Redis pub/sub. Sockets of this instance get what is published at once, without
 * Redis. The others are reached by one channel a room: an instance listens to it while it has somebody in there, so
 * nothing goes to where nobody is. The bus carries the packet as sockets get it, and no instance encodes it again.
 */
export class RoomAdapter extends Adapter {
  private readonly writer: RoomWriter;

  constructor(
    namespace: unknown,
    private readonly parts: RoomAdapterParts,
  ) {
    super(namespace);
    this.writer = new RoomWriter(
      this,
      (namespace as { sockets: ReadonlyMap<string, RealtimeSocket> }).sockets,
    );
    const { channels, gate } = parts;
    this.on('create-room', (room: string) => {
      if (isSharedRoom(room)) channels.subscribe(PREFIX + room);
    });
    this.on('delete-room', (room: string) => {
      if (isSharedRoom(room)) channels.unsubscribe(PREFIX + room);
    });
    gate.watch(this);
    channels.subscribe(EVERY_INSTANCE);
    channels.onMessage((channel, bytes) => {
      if (channel.startsWith(PREFIX)) this.receive(bytes);
    });
  }

  override broadcast({ data: [event, payload] }: EventPacket, { rooms, flags }: BroadcastOptions): void {
    const frame = frameOf(event, payload, {
      ...(event === 'changes' && 'fromRev' in payload
        ? { changes: payload, arrivals: this.parts.arrivals.of(payload.messages) }
        : {}),
      ...(flags?.membersRev === undefined ? {} : { membersRev: flags.membersRev }),
      ...(flags?.about === undefined ? {} : { about: flags.about }),
      ...(flags?.volatile === true ? { isVolatile: true } : {}),
    });
    const path = flags?.local === true ? 'repair' : 'local';
    // As Socket.IO means it: without a room it is for everybody, and each socket has a room of its own.
    this.deliver(rooms.size === 0 ? [...this.sids.keys()] : [...rooms], frame, path);
    if (flags?.local !== true) this.publish({ kind: 'frame', rooms: [...rooms], frame });
  }

  override addSockets(options: BroadcastOptions, rooms: string[]): void {
    if (options.flags?.local === true) super.addSockets(options, rooms);
    else this.moveEverywhere('join', options, rooms);
  }

  override delSockets(options: BroadcastOptions, rooms: string[]): void {
    if (options.flags?.local === true) super.delSockets(options, rooms);
    else this.moveEverywhere('leave', options, rooms);
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    super.disconnectSockets(options, close);
    if (options.flags?.local === true) return;
    for (const from of options.rooms) this.publish({ kind: 'close', from, rooms: [] });
  }

  private moveEverywhere(kind: 'join' | 'leave', { rooms }: BroadcastOptions, moved: string[]): void {
    for (const from of rooms) {
      const move: RoomMove = { kind, from, rooms: moved };
      this.moveHere(move);
      this.publish(move);
    }
  }

  /** Only people are moved, and only between conversations. */
  private moveHere({ kind, from, rooms }: RoomMove): void {
    const userId = userOfRoom(from);
    for (const conversationId of rooms.map(conversationOfRoom)) {
      if (userId === null || conversationId === null) continue;
      if (kind === 'join') this.parts.moves.came(userId, conversationId);
      else this.parts.moves.went(userId, conversationId);
    }
  }

  private publish(message: BusMessage): void {
    const target = message.kind === 'frame' ? message.rooms : [message.from];
    const [room] = target;
    if (room === undefined || this.parts.trust.mayWithhold()) return;
    const channel = target.length === 1 ? PREFIX + room : EVERY_INSTANCE;
    void this.parts.publisher.publish(channel, encodeBusMessage(this.parts.instanceId, message));
  }

  private receive(bytes: Buffer): void {
    let message: BusMessage | null;
    try {
      message = decodeBusMessage(this.parts.instanceId, bytes);
    } catch (error) {
      this.parts.logger.failure('A message of the bus could not be read', error, {}, 'warn');
      return;
    }
    if (message === null) return;
    const concerned = message.kind === 'frame' ? message.rooms : [message.from];
    this.parts.metrics.busReceived.inc({
      use: concerned.some((room) => this.rooms.has(room)) ? 'delivered' : 'wasted',
    });
    if (message.kind === 'frame') {
      this.deliver(message.rooms, message.frame, 'bus');
      return;
    }
    if (message.kind === 'close') {
      super.disconnectSockets({ rooms: new Set([message.from]), except: new Set() }, true);
    } else {
      this.moveHere(message);
    }
  }

  private deliver(rooms: readonly string[], frame: RoomFrame, path: DeliveryPath): void {
    const { about } = frame;
    const concerned = about === undefined ? rooms : [conversationRoom(about)];
    this.parts.gate.pass(concerned, frame.membersRev, () => {
      // The bus may have held it back for longer than the person was a member. Who came in by a word that is lost is told by the sweep.
      if (path === 'bus' && about !== undefined && !this.isInside(rooms, about)) return;
      if (frame.changes) this.parts.frames.tell(frame.changes);
      this.writer.write(rooms, frame, (sockets) => {
        this.measure(frame, path, sockets);
      });
    });
  }

  /** Whether the person whose room it is has a socket here that is in the conversation's too. */
  private isInside([person = '']: readonly string[], conversationId: string): boolean {
    const inside = this.rooms.get(conversationRoom(conversationId));
    return [...(this.rooms.get(person) ?? [])].some((socketId) => inside?.has(socketId) === true);
  }

  /** Once a frame, after the last socket of the room has it. Clocks of two instances may differ by more than it took. */
  private measure({ arrivals = [] }: RoomFrame, path: DeliveryPath, sockets: number): void {
    const { fanout, seconds } = this.parts.metrics.delivery;
    fanout.observe(sockets);
    if (arrivals.length === 0) return;
    const now = Date.now();
    for (const arrivedAt of arrivals) seconds.observe({ path }, Math.max(0, now - arrivedAt) / 1_000);
  }
}
