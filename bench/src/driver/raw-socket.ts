import type { ErrorObject } from '@parley/protocol';
import { PROTOCOL_VERSION, SOCKET_PATH } from '@parley/protocol';
import { WebSocket } from 'ws';

/** What a client gives in the handshake; a baseline takes more than a token. */
export type Auth = Record<string, unknown>;

export interface RawSocketEvents {
  /** A frame with an event, whole. */
  event: (frame: Buffer) => void;
  /** The answer to the command with this number, and the bytes of its frame. */
  ack: (id: number, answer: string) => void;
  closed: (code: number) => void;
}

/** The first characters of a packet: Engine.IO's type, then Socket.IO's. */
const OPEN = '0';
const PING = 0x32;
const PONG = '3';
const MESSAGE = 0x34;
const JOINED = 0x30;
const EVENT = 0x32;
const ACK = 0x33;
const REFUSED = 0x34;
const READY = Buffer.from('42["ready"');

/** As our client: from the first packet to `ready`. */
const HANDSHAKE_WITHIN_MS = 10_000;

export class Refused extends Error {
  constructor(
    message: string,
    /** When the server wants to be asked again. */
    readonly retryAfterMs = 0,
  ) {
    super(message);
  }
}

/** Busy or draining: an upgrade that is answered with 503 may be tried again. */
export class TryAgain extends Error {}

/** One connection that speaks Engine.IO and Socket.IO by hand: thousands fit into a process, and nothing is done beside. */
export class RawSocket {
  private nextId = 0;
  /** Pings that were answered. */
  pings = 0;
  private constructor(private readonly socket: WebSocket) {}

  /** Resolves when the server has said `ready`, so when the socket is in its rooms. */
  static open(url: string, auth: Auth, events: RawSocketEvents, localAddress?: string): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      const address = `${url.replace(/^http/, 'ws')}${SOCKET_PATH}/?EIO=4&transport=websocket`;
      const socket = new WebSocket(address, {
        perMessageDeflate: false,
        skipUTF8Validation: true,
        handshakeTimeout: HANDSHAKE_WITHIN_MS,
        ...(localAddress === undefined ? {} : { localAddress }),
      });
      const raw = new RawSocket(socket);
      let isReady = false;
      const fail = (error: Error): void => {
        reject(error);
        socket.terminate();
      };
      const late = setTimeout(() => fail(new Refused('was not ready in time')), HANDSHAKE_WITHIN_MS);
      socket.on('unexpected-response', (_request, response) => {
        response.resume();
        fail(
          response.statusCode === 503
            ? new TryAgain('503')
            : new Refused(`the upgrade was answered with ${response.statusCode ?? 0}`),
        );
      });
      socket.on('error', (error) => fail(error));
      socket.on('close', (code) => {
        clearTimeout(late);
        if (isReady) events.closed(code);
        else reject(new Refused(`closed with ${code} before it was ready`));
      });
      socket.on('message', (data: Buffer) => {
        switch (data[0]) {
          case PING:
            raw.pings += 1;
            socket.send(PONG);
            return;
          case MESSAGE:
            break;
          default:
            if (data.toString('latin1', 0, 1) === OPEN)
              socket.send(`40${JSON.stringify({ protocol: PROTOCOL_VERSION, ...auth })}`);
            return;
        }
        switch (data[1]) {
          case EVENT:
            if (!isReady && data.subarray(0, READY.length).equals(READY)) {
              isReady = true;
              clearTimeout(late);
              resolve(raw);
            } else events.event(data);
            return;
          case ACK: {
            const start = data.indexOf('[');
            events.ack(Number(data.toString('latin1', 2, start)), data.toString('utf8', start));
            return;
          }
          case REFUSED: {
            const { data: error } = JSON.parse(data.toString('utf8', 2)) as { data?: Partial<ErrorObject> };
            fail(new Refused(`was refused with ${error?.code ?? 'no code'}`, error?.retryAfterMs));
            return;
          }
          case JOINED:
          default:
        }
      });
    });
  }

  /** The number under which the answer comes. */
  command(name: string, input: object): number {
    const id = this.nextId;
    this.nextId += 1;
    this.socket.send(`42${id}${JSON.stringify([name, input])}`);
    return id;
  }

  close(): void {
    this.socket.terminate();
  }
}
