import { SOCKET_PATH } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Metrics } from '../infra/metrics/metrics.js';

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

const UNAVAILABLE =
  'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n';

const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/**
 * Stands before Engine.IO, which can only answer 400 or 403: a draining or full instance answers 503, on which
 * nginx passes the connection on to another one.
 */
@Injectable()
export class UpgradeGate {
  private refusal: () => string | null = () => null;

  constructor(private readonly metrics: Metrics) {}

  /** `refusal` names why a new connection is not taken now, or is `null`. */
  setRefusal(refusal: () => string | null): void {
    this.refusal = refusal;
  }

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
      if (isHandshake(request) && this.refuses(request)) {
        response.writeHead(503, { 'Retry-After': '1', Connection: 'close' }).end();
        return;
      }
      for (const listener of onRequest) listener.call(server, request, response);
    });
  }

  /** An upgrade that names a connection takes it over, and Engine.IO asks for nothing but that name, whatever its options. */
  private upgradeRefusal(request: IncomingMessage): string | null {
    if (isSocketPath(request) && !isHandshake(request)) return BAD_REQUEST;
    return this.refuses(request) ? UNAVAILABLE : null;
  }

  private refuses(request: IncomingMessage): boolean {
    if (!isSocketPath(request)) return false;
    const reason = this.refusal();
    if (reason === null) return false;
    this.metrics.handshakesRefused.inc({ reason });
    return true;
  }
}

function isSocketPath(request: IncomingMessage): boolean {
  return request.url?.startsWith(`${SOCKET_PATH}/`) ?? false;
}

function isHandshake(request: IncomingMessage): boolean {
  // Parsed, not searched for: `%73id` is `sid` too.
  return isSocketPath(request) && !new URL(request.url ?? '', 'http://local').searchParams.has('sid');
}
