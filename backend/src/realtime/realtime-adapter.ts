import { SOCKET_PATH, FRAME_BYTES_MAX } from '@parley/protocol';
import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import type { ServerOptions } from 'socket.io';
import { Config } from '../config/config.js';
import { Instance } from '../infra/instance.js';
import { Logger } from '../infra/logger/logger.js';
import { Metrics } from '../infra/metrics/metrics.js';
import { BusChannels } from '../infra/redis/bus-channels.js';
import { RedisConnections } from '../infra/redis/redis-connections.js';
import { BusTrust } from './bus-trust.js';
import { Arrivals } from './arrivals.js';
import { DeliveredFrames } from './delivered-frames.js';
import { MembershipGate } from './membership-gate.js';
import { MembershipMoves } from './membership-moves.js';
import type { RealtimeServer } from './realtime-socket.js';
import type { RoomAdapterParts } from './room-adapter.js';
import { RoomAdapter } from './room-adapter.js';
import { UpgradeGate } from './upgrade-gate.js';

/** A dead connection is known after at most interval + timeout: 20 s, which G5 names. */
const PING_INTERVAL_MS = 10_000;
const PING_TIMEOUT_MS = 10_000;
/** A connection that never joins the namespace is cut after this time. */
const CONNECT_TIMEOUT_MS = 10_000;

/** The Socket.IO server of Parley, on the HTTP server of the API, joined to the other instances through Redis. */
export class RealtimeAdapter extends IoAdapter {
  private readonly config: Config;
  private readonly gate: UpgradeGate;
  private readonly rooms: RoomAdapterParts;

  constructor(app: INestApplicationContext) {
    super(app);
    this.config = app.get(Config);
    this.gate = app.get(UpgradeGate);
    this.rooms = {
      instanceId: app.get(Instance).id,
      publisher: app.get(RedisConnections).busPublisher,
      channels: app.get(BusChannels),
      gate: app.get(MembershipGate),
      moves: app.get(MembershipMoves),
      frames: app.get(DeliveredFrames),
      arrivals: app.get(Arrivals),
      trust: app.get(BusTrust),
      metrics: app.get(Metrics),
      logger: app.get(Logger),
    };
  }

  override createIOServer(): RealtimeServer {
    const httpServer = this.httpServer as HttpServer;
    const server: RealtimeServer = new Server(httpServer, {
      path: SOCKET_PATH,
      transports: this.config.socket.polling ? ['polling', 'websocket'] : ['websocket'],
      // `UpgradeGate` refuses them; clients are not to try.
      allowUpgrades: false,
      serveClient: false,
      pingInterval: PING_INTERVAL_MS,
      pingTimeout: PING_TIMEOUT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      maxHttpBufferSize: FRAME_BYTES_MAX,
      // Compression costs hundreds of kilobytes a connection, and loses the frame that is encoded once for a room.
      perMessageDeflate: false,
      httpCompression: false,
      allowRequest: (request, decide) => {
        decide(null, this.isAllowed(request));
      },
      adapter: this.roomAdapter(),
    } satisfies Partial<ServerOptions>);
    this.gate.guard(httpServer);
    return server;
  }

  private roomAdapter(): (namespace: unknown) => RoomAdapter {
    const parts = this.rooms;
    // Socket.IO calls it with `new`, which an arrow function does not take.
    return function roomAdapter(namespace) {
      return new RoomAdapter(namespace, parts);
    };
  }

  /** Nest would bind one RxJS chain a handler a socket here; the realtime gateway binds one dispatch table instead. */
  override bindClientConnect(): void {
    return;
  }

  override bindMessageHandlers(): void {
    return;
  }

  /** The Origin is checked here, since CORS does not cover WebSocket. Without one it is not a browser. */
  private isAllowed(request: IncomingMessage): boolean {
    const { origin } = request.headers;
    return origin === undefined || this.config.http.allowedOrigins.has(origin);
  }
}
