import type { ErrorObject, HandshakeAuth } from '@parley/protocol';
import { PROTOCOL_VERSION, SOCKET_PATH } from '@parley/protocol';
import { WebSocketGateway } from '@nestjs/websockets';
import { Config } from '../config/config.js';
import { ParleyError, unavailable } from '../infra/errors/parley-error.js';
import { toParleyError } from '../infra/errors/to-parley-error.js';
import { withDeadline } from '../infra/errors/with-deadline.js';
import { Instance } from '../infra/instance.js';
import { Logger } from '../infra/logger/logger.js';
import { Metrics } from '../infra/metrics/metrics.js';
import { newId } from '../infra/new-id.js';
import { RateLimits } from '../infra/rate-limits/rate-limits.js';
import { BusChannels } from '../infra/redis/bus-channels.js';
import { Admission } from './admission.js';
import { BusTrust } from './bus-trust.js';
import { ConnectionSources } from './connection-sources.js';
import { disconnectReason } from './disconnect-reason.js';
import { DeliveredFrames } from './delivered-frames.js';
import { Dispatcher } from './dispatcher.js';
import { FloodGuard } from './flood-guard.js';
import type { ConnectStage } from './connect-work.js';
import { ConnectWork } from './connect-work.js';
import { LocalSockets } from './local-sockets.js';
import { MembershipGate } from './membership-gate.js';
import { guardPolling } from './polling-guard.js';
import { Publisher } from './publisher.js';
import type { RealtimeServer, RealtimeSocket, SocketIdentity } from './realtime-socket.js';
import { sessionRoom, userRoom } from './rooms.js';
import { socketLimits } from './socket-limits.js';

/** Longer than the longest queue is expected to take; clients give up after 10 s. */
const HANDSHAKE_DEADLINE_MS = 8_000;
const FEATURES: readonly string[] = [];

/** Lets sockets in, joins them to their rooms and hands their frames to the dispatcher. */
@WebSocketGateway({ path: SOCKET_PATH })
export class RealtimeGateway {
  constructor(
    private readonly config: Config,
    private readonly admission: Admission,
    private readonly floods: FloodGuard,
    private readonly limits: RateLimits,
    private readonly work: ConnectWork,
    private readonly sources: ConnectionSources,
    private readonly sockets: LocalSockets,
    private readonly publisher: Publisher,
    private readonly gate: MembershipGate,
    private readonly frames: DeliveredFrames,
    private readonly channels: BusChannels,
    private readonly trust: BusTrust,
    private readonly dispatcher: Dispatcher,
    private readonly instance: Instance,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {}

  afterInit(server: RealtimeServer): void {
    this.sockets.attach(server);
    this.publisher.attach(server);
    this.admission.attach(server);
    if (this.config.socket.polling) guardPolling(server, this.sources);
    server.use((socket, next) => {
      this.admit(socket).then(
        () => {
          next();
        },
        (thrown: unknown) => {
          next(this.refusal(thrown));
          this.admission.refused(socket.conn);
        },
      );
    });
    server.on('connection', (socket) => {
      this.connected(socket);
    });
  }

  private async admit(socket: RealtimeSocket): Promise<void> {
    if (!this.admission.beginHandshake(socket.conn)) {
      this.floods.cut(socket.conn, 'handshakes');
      throw new ParleyError('CONFLICT', 'This connection has a socket already.');
    }
    if (this.instance.isDraining) throw unavailable('This instance is leaving. Please reconnect.');
    const { token, protocol }: Partial<Record<keyof HandshakeAuth, unknown>> = socket.handshake.auth;
    if (protocol !== PROTOCOL_VERSION) {
      throw new ParleyError(
        'PROTOCOL_UNSUPPORTED',
        `This server speaks protocol ${String(PROTOCOL_VERSION)}.`,
      );
    }
    if (typeof token !== 'string') throw new ParleyError('UNAUTHENTICATED', 'A token is needed.');
    const identity = await this.read('token', socket, () => this.sources.authenticate(token));
    await this.limits.consume('connectionsPerMinutePerUser', identity.userId);
    if (!this.admission.takePlace(socket.conn, identity.userId)) {
      throw new ParleyError('RATE_LIMITED', 'Too many connections of one person.', {
        limit: 'socketsPerUser',
        remaining: 0,
        retryAfterMs: 10_000,
      });
    }
    socket.data.identity = identity;
    socket.data.inFlight = 0;
  }

  private read<T>(stage: ConnectStage, socket: RealtimeSocket, work: () => Promise<T>): Promise<T> {
    const patience = { waitMs: HANDSHAKE_DEADLINE_MS, isWanted: () => socket.conn.readyState === 'open' };
    return withDeadline(this.work.run(stage, work, patience), HANDSHAKE_DEADLINE_MS, stage);
  }

  /** The `connect_error` of the client, with the error object as `data`. */
  private refusal(thrown: unknown): Error & { data: ErrorObject } {
    const error = toParleyError(thrown);
    const requestId = newId();
    if (error.code === 'INTERNAL')
      this.logger.failure('A handshake failed', error.cause ?? error, { requestId });
    // In a storm these are thousands, which the metric counts as well.
    else if (error.code === 'UNAVAILABLE')
      this.logger.detail('A handshake was refused', { code: error.code });
    else this.logger.info('A handshake was refused', { requestId, code: error.code });
    this.metrics.handshakesRefused.inc({ reason: error.code });
    return Object.assign(new Error(error.message), { data: error.toObject(requestId) });
  }

  /** Nothing may throw here: Socket.IO calls it from an event, where it would end the process. */
  private connected(socket: RealtimeSocket): void {
    const { identity } = socket.data;
    socket.data.ready = this.welcome(socket, identity);
    socket.data.ready.catch((thrown: unknown) => {
      // Closing the transport, not the namespace, makes every client try again.
      this.logger.failure('A socket could not be made ready', thrown, { userId: identity.userId }, 'warn');
      socket.data.closing = 'not_ready';
      socket.conn.close();
    });
    this.sockets.expireAt(socket, identity.expiresAt);
    this.sockets.opened(socket);
    socket.onAny((event: unknown, ...parts: unknown[]) => {
      void this.dispatcher.dispatch(socket, event, parts);
    });
    socket.on('error', (error: Error) => {
      this.logger.failure('A socket failed', error, { userId: identity.userId }, 'warn');
    });
    socket.on('disconnect', (reason) => {
      this.sockets.closed(socket, disconnectReason(reason, socket.data.closing));
      // Parley has one namespace: a connection without its socket would be held for nothing.
      socket.conn.close();
    });
  }

  private async welcome(socket: RealtimeSocket, identity: SocketIdentity): Promise<void> {
    // The user's room comes first: what is published to the person while the memberships are read arrives there.
    await socket.join([userRoom(identity.userId), sessionRoom(identity.sessionId)]);
    const heardAsPerson = await this.channels.settled();
    const [memberships, epoch] = await this.read('rooms', socket, () =>
      Promise.all([this.sources.memberships(identity.userId), this.sources.epoch()]),
    );
    const newHere = [...memberships].filter(([id]) => !this.sockets.holdsConversation(id));
    this.gate.join(socket, memberships);
    // The client reads what it lacks up to here when it is ready: the first change after it is none that was missed.
    for (const [conversationId, { lastRev }] of newHere)
      this.frames.tell({ conversationId, fromRev: 0, toRev: lastRev });
    // What is published meanwhile may not arrive, and not all of it has a number that would tell.
    if (!(await this.channels.settled()) || !heardAsPerson) this.trust.doubt();
    socket.emit('ready', {
      userId: identity.userId,
      sessionId: identity.sessionId,
      instanceId: this.instance.id,
      epoch,
      serverTime: new Date().toISOString(),
      protocol: PROTOCOL_VERSION,
      features: [...FEATURES],
      limits: socketLimits(this.config.limits.messagesPerMinute),
    });
    this.admission.ready(socket.conn);
  }
}
