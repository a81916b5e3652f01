import { SOCKET_PATH } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Metrics } from '../infra/metrics/metrics.js';
import { Admission } from './admission.js';

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** Clients add their own random time. */
const RETRY_AFTER_SECONDS = '1';
const BAD_REQUEST = answerWith('400 Bad Request');
const REFUSED = {
  503: answerWith('503 Service Unavailable', `Retry-After: ${RETRY_AFTER_SECONDS}\r\n`),
  429: answerWith('429 Too Many Requests', `Retry-After: ${RETRY_AFTER_SECONDS}\r\n`),
} as const;

/**
 * Stands before Engine.IO, which can only answer 400 or 403: a draining, full or overloaded instance answers 503, on
 * which nginx passes the connection on to another one; an address that has too many is told so with 429.
 */
@Injectable()
export class UpgradeGate {
  constructor(
    private readonly admission: Admission,
    private readonly metrics: Metrics,
  ) {}

  /** Takes the place of the listeners that Engine.IO has put on the server. */
  guard(server: HttpServer): void {
    const onUpgrade = server.listeners('upgrade') as UpgradeListener[];
    server.removeAllListeners('upgrade');
    server.on('upgrade', (request, socket, head) => {
      const answer = this.upgradeRefusal(request);
      if (answer !== null) {
        // The peer may be gone already; an unheard error would end the process.
        socket.on('error', () => undefined);
        // Ended alone, it would stay half open, with its file descriptor, until the peer ends it too.
        socket.end(answer, () => {
          socket.destroy();
        });
        return;
      }
      for (const listener of onUpgrade) listener.call(server, request, socket, head);
    });

    const onRequest = server.listeners('request') as RequestListener[];
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      // A polling client that is connected already says so by its sid, and may finish.
      const status = isHandshake(request) ? this.refusalOf(request) : null;
      if (status !== null) {
        response.writeHead(status, { 'Retry-After': RETRY_AFTER_SECONDS, Connection: 'close' }).end();
        return;
      }
      for (const listener of onRequest) listener.call(server, request, response);
    });
  }

  /** An upgrade that names a connection takes it over, and Engine.IO asks for nothing but that name, whatever its options. */
  private upgradeRefusal(request: IncomingMessage): string | null {
    if (isSocketPath(request) && !isHandshake(request)) return BAD_REQUEST;
    const status = this.refusalOf(request);
    return status === null ? null : REFUSED[status];
  }

  private refusalOf(request: IncomingMessage): 503 | 429 | null {
    const refusal = isSocketPath(request) ? this.admission.refusal(request) : null;
    if (refusal === null) return null;
    this.metrics.handshakesRefused.inc({ reason: refusal.reason });
    return refusal.status;
  }
}

function isSocketPath(request: IncomingMessage): boolean {
  return request.url?.startsWith(`${SOCKET_PATH}/`) ?? false;
}

function isHandshake(request: IncomingMessage): boolean {
  // Parsed, not searched for: `%73id` is `sid` too.
  return isSocketPath(request) && !new URL(request.url ?? '', 'http://local').searchParams.has('sid');
}

function answerWith(status: string, headers = ''): string {
  return `HTTP/1.1 ${status}\r\nConnection: close\r\n${headers}Content-Length: 0\r\n\r\n`;
}
