import { SOCKET_PATH } from '@parley/protocol';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

const TEXT = 0x1;
const FINAL = 0x80;
const MASKED = 0x80;
const WAIT_MS = 10_000;

/** A WebSocket by hand, over TCP: it sends whatever a client would not. */
export class RawConnection {
  /** Engine.IO packets that came, in order. */
  readonly received: string[] = [];
  isClosed = false;
  private readonly closing: Promise<void>;
  private buffered = Buffer.alloc(0);

  private constructor(
    private readonly socket: Socket,
    /** Of the answer to the upgrade; 101 where it was accepted. */
    readonly status: number,
    rest: Buffer,
  ) {
    this.closing = new Promise((resolve) => {
      socket.on('close', () => {
        this.isClosed = true;
        resolve();
      });
    });
    this.read(rest);
    socket.on('data', (bytes) => {
      this.read(bytes);
    });
  }

  /** `address`: where the proxy before the server says that it comes from. */
  static open(baseUrl: string, address: string): Promise<RawConnection> {
    const { hostname, port } = new URL(baseUrl);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      let head = Buffer.alloc(0);
      const onData = (bytes: Buffer): void => {
        head = Buffer.concat([head, bytes]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        socket.off('data', onData);
        const status = Number(head.toString('latin1').split(' ')[1]);
        resolve(new RawConnection(socket, status, head.subarray(end + 4)));
      };
      socket.on('data', onData);
      // The server resets what it cuts.
      socket.on('error', reject);
      socket.write(
        `GET ${SOCKET_PATH}/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\n` +
          `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
          `X-Forwarded-For: ${address}\r\n\r\n`,
      );
    });
  }

  /** Connects and asks for a socket, as a client does; the answer may be a refusal. */
  static async join(baseUrl: string, address: string, token: string): Promise<RawConnection> {
    const connection = await RawConnection.open(baseUrl, address);
    connection.send(handshakeOf(token));
    await connection.until((packet) => packet.startsWith('42["ready"') || packet.startsWith('44'));
    return connection;
  }

  /** All in one write, so that they arrive together. */
  send(...packets: string[]): void {
    this.socket.write(Buffer.concat(packets.map((packet) => frame(FINAL | TEXT, Buffer.from(packet)))));
  }

  /** A frame with any first byte (flags and kind). */
  sendFrame(firstByte: number, payload: Buffer): void {
    this.socket.write(frame(firstByte, payload));
  }

  async until(matches: (packet: string) => boolean): Promise<string> {
    const end = Date.now() + WAIT_MS;
    for (;;) {
      const found = this.received.find(matches);
      if (found !== undefined) return found;
      if (this.isClosed || Date.now() > end) throw new Error(`Not received: ${this.received.join(' ')}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  closed(): Promise<void> {
    return this.closing;
  }

  isClosedWithin(milliseconds: number): Promise<boolean> {
    const late = new Promise<boolean>((resolve) => {
      setTimeout(resolve, milliseconds, false).unref();
    });
    return Promise.race([this.closing.then(() => true), late]);
  }

  close(): void {
    this.socket.destroy();
  }

  /** Frames of a server: short, and never masked. */
  private read(bytes: Buffer): void {
    this.buffered = Buffer.concat([this.buffered, bytes]);
    while (this.buffered.length >= 2) {
      const short = (this.buffered[1] ?? 0) & 0x7f;
      const headLength = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (this.buffered.length < headLength) return;
      const length =
        short === 126
          ? this.buffered.readUInt16BE(2)
          : short === 127
            ? Number(this.buffered.readBigUInt64BE(2))
            : short;
      if (this.buffered.length < headLength + length) return;
      const payload = this.buffered.subarray(headLength, headLength + length);
      if (((this.buffered[0] ?? 0) & 0x0f) === TEXT) this.received.push(payload.toString());
      this.buffered = this.buffered.subarray(headLength + length);
    }
  }
}

export function handshakeOf(token: string): string {
  return `40${JSON.stringify({ token, protocol: 1 })}`;
}

function frame(firstByte: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10);
  head[0] = firstByte;
  if (head.length === 2) head[1] = MASKED | payload.length;
  else if (head.length === 4) {
    head[1] = MASKED | 126;
    head.writeUInt16BE(payload.length, 2);
  } else {
    head[1] = MASKED | 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, mask, masked]);
}
