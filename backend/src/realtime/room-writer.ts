import type { Adapter } from 'socket.io-adapter';
import { isBusy } from './buffered-bytes.js';
import type { RealtimeSocket } from './realtime-socket.js';
import type { RoomFrame } from './room-frame.js';
import { webSocketFrame } from './room-frame.js';
import { writeFrame } from './write-frame.js';

/** About 4 ms of writing: then others have their turn, and the rest of the room follows. */
const SLICE = 500;

interface Writing {
  readonly packet: Buffer;
  readonly frame: Buffer;
  readonly isVolatile: boolean;
  readonly room: string | null;
  /** Whoever was there when the writing began. */
  readonly socketIds: readonly string[];
  position: number;
  readonly written: (sockets: number) => void;
}

/**
 * Writes one encoded frame to all sockets of a room. A room of thousands is written in slices, between which others
 * have their turn; what comes for it meanwhile waits behind, so that the room's order is kept.
 */
export class RoomWriter {
  /** By the room, or one line for what goes to several rooms. */
  private readonly lines = new Map<string | null, Writing[]>();

  constructor(
    private readonly adapter: Adapter,
    private readonly sockets: ReadonlyMap<string, RealtimeSocket>,
  ) {}

  /** To each socket in any of the rooms, once. `written` is told how many, after the last; not where nobody is there. */
  write(
    rooms: readonly string[],
    { packet, isVolatile }: RoomFrame,
    written: (sockets: number) => void = () => undefined,
  ): void {
    const [only = null] = rooms;
    const room = rooms.length === 1 ? only : null;
    const present = room === null ? this.inAnyOf(rooms) : this.adapter.rooms.get(room);
    if (!present || present.size === 0) return;
    const writing: Writing = {
      packet,
      frame: webSocketFrame(packet),
      isVolatile: isVolatile === true,
      room,
      socketIds: [...present],
      position: 0,
      written,
    };
    const line = this.lines.get(room);
    if (line) line.push(writing);
    else if (!this.writeSlice(writing)) this.continueLater([writing]);
  }

  private continueLater(line: Writing[]): void {
    const [first] = line;
    if (!first) return;
    this.lines.set(first.room, line);
    setImmediate(() => {
      if (this.writeSlice(first)) line.shift();
      if (line.length > 0) this.continueLater(line);
      else this.lines.delete(first.room);
    });
  }

  /** Whether everybody has it now. */
  private writeSlice(writing: Writing): boolean {
    const { socketIds, room } = writing;
    const began = writing.position;
    const end = Math.min(socketIds.length, began + SLICE);
    for (; writing.position < end; writing.position += 1) {
      const id = socketIds[writing.position];
      // Who left since the first slice must not have it.
      if (id === undefined || (began > 0 && room !== null && !this.adapter.rooms.get(room)?.has(id)))
        continue;
      this.writeTo(id, writing);
    }
    if (writing.position < socketIds.length) return false;
    writing.written(socketIds.length);
    return true;
  }

  private writeTo(socketId: string, { packet, frame, isVolatile }: Writing): void {
    const connection = this.sockets.get(socketId)?.conn;
    if (!connection || (isVolatile && isBusy(connection)) || writeFrame(connection, frame)) return;
    // By way of Engine.IO: long polling takes the text, and what waits goes first.
    connection.write(packet.toString('utf8', 1), { compress: false });
  }

  private inAnyOf(rooms: readonly string[]): Set<string> {
    return new Set(rooms.flatMap((room) => [...(this.adapter.rooms.get(room) ?? [])]));
  }
}
