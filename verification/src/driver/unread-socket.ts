import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { readFileSync } from 'node:fs';
import { sleep } from './outcome.js';

const TEXT = 0x81;
const MASKED = 0x80;
const READ_BYTES = 65_536;
const PING_ANSWER = '3';
/** Well within the patience of the server. */
const PING_ANSWER_EVERY_MS = 4_000;

/** One text frame as a client must send it: masked. */
function frameOf(text: string): Buffer {
  const body = Buffer.from(text);
  const head =
    body.length < 126
      ? Buffer.from([TEXT, MASKED | body.length])
      : Buffer.from([TEXT, MASKED | 126, body.length >> 8, body.length & 0xff]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, body.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

/**
 * A client that is connected, asks, says that it is alive, and reads nothing: written by hand down to the TCP socket,
 * because every library reads. What the server has for it piles up, in the kernel first and in the server then.
 */
export class UnreadSocket {
  private readonly socket: Socket;
  private seen = '';
  private failure: string | null = null;
  private readAtPause = 0;
  private asked = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    url: string,
    private readonly token: string,
  ) {
    const { hostname, port, host } = new URL(url);
    this.socket = connect({
      host: hostname,
      port: Number(port),
      // With a buffer of its own a paused socket stops at once; without it a stream reads ahead.
      onread: {
        buffer: Buffer.alloc(READ_BYTES),
        callback: (bytes, buffer) => {
          this.seen += Buffer.from(buffer.subarray(0, bytes)).toString('latin1');
          return true;
        },
      },
    });
    this.socket.setNoDelay(true);
    this.socket.on('error', (error) => {
      this.failure = error.message;
    });
    this.socket.on('connect', () => {
      this.socket.write(
        [
          'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
          `Host: ${host}`,
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
          '\r\n',
        ].join('\r\n'),
      );
    });
  }

  private write(text: string): void {
    if (!this.socket.destroyed) this.socket.write(frameOf(text));
  }

  /** Signs in; resolves when the server says that the socket is in its rooms. */
  async open(withinMs: number): Promise<void> {
    await this.hears(/0\{"sid"/, withinMs);
    this.write(`40${JSON.stringify({ token: this.token, protocol: 1 })}`);
    await this.hears(/\["ready"/, withinMs);
  }

  /** Waits until the server has said this. */
  async hears(text: RegExp, withinMs: number): Promise<void> {
    const end = Date.now() + withinMs;
    while (!text.test(this.seen)) {
      if (this.failure !== null) throw new Error(`a client could not connect: ${this.failure}`);
      if (Date.now() > end) throw new Error(`a client was never told ${text.source}`);
      await sleep(20);
    }
  }

  ask(conversations: Record<string, number>): void {
    this.asked += 1;
    this.write(`42${String(this.asked)}["sync",${JSON.stringify({ conversations })}]`);
  }

  stopReading(): void {
    this.socket.pause();
    this.timer = setInterval(() => {
      this.write(PING_ANSWER);
    }, PING_ANSWER_EVERY_MS);
  }

  /** What the kernel had handed over until now is what was read before; nothing may be added to it. */
  settle(): void {
    this.readAtPause = this.socket.bytesRead;
  }

  get bytesReadSince(): number {
    return this.socket.bytesRead - this.readAtPause;
  }

  /** Bytes that wait unread on our side of the connection and on the server's; 0 where the system does not tell. */
  get bytesWaiting(): number {
    const [own, server] = [portOf(this.socket.localPort), portOf(this.socket.remotePort)];
    let lines: string[] = [];
    try {
      lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
    } catch {
      return 0;
    }
    let waiting = 0;
    for (const line of lines) {
      const [, local = '', remote = '', , queues = ''] = line.trim().split(/\s+/);
      const [sending = '0', receiving = '0'] = queues.split(':');
      if (local.endsWith(own) && remote.endsWith(server)) waiting += parseInt(receiving, 16);
      if (local.endsWith(server) && remote.endsWith(own)) waiting += parseInt(sending, 16);
    }
    return waiting;
  }

  close(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.socket.destroy();
  }
}

/** As /proc/net/tcp writes it. */
function portOf(port: number | undefined): string {
  return `:${(port ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
