import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { Config } from '../config/config.js';
import { clientAddress, networkOf } from '../infra/http/client-address.js';
import { Instance } from '../infra/instance.js';
import { EventLoopLoad } from '../infra/load/event-loop-load.js';
import type { UpgradeRefusalReason } from '../infra/metrics/metrics.js';
import { RateLimits } from '../infra/rate-limits/rate-limits.js';
import { terminate } from './buffered-bytes.js';
import { FloodGuard } from './flood-guard.js';
import type { RealtimeServer, RealtimeSocket } from './realtime-socket.js';

type EngineConnection = RealtimeSocket['conn'];

/** One address may hold this share of the places for handshakes: a flood from it leaves the others the rest. */
const HANDSHAKES_OF_ADDRESS_SHARE = 0.5;
/** A client closes the connection that was refused, and opens another for its next try. */
const REFUSALS_MAX = 5;

/** A client answers the goodbye of a WebSocket at once; ws would hold the TCP connection of one that does not for 30 s. */
const GOODBYE_MS = 2_000;

/** Why an upgrade is not accepted. 503 makes the proxy try the next instance, 429 is for the client. */
export interface UpgradeRefusal {
  readonly reason: UpgradeRefusalReason;
  readonly status: 503 | 429;
}

interface Held {
  readonly network: string;
  state: 'open' | 'handshake' | 'ready';
  userId: string | undefined;
  refusals: number;
}

interface OfNetwork {
  held: number;
  joining: number;
}

/**
 * Who is let in. A connection counts from its accepted upgrade, whether it ever becomes a socket or not, to its close,
 * and everything is counted before anything is awaited: connections that come in parallel do not pass each other.
 */
@Injectable()
export class Admission {
  private readonly connections = new Map<EngineConnection, Held>();
  private readonly networks = new Map<string, OfNetwork>();
  private readonly ofUser = new Map<string, number>();
  private joining = 0;

  constructor(
    private readonly config: Config,
    private readonly instance: Instance,
    private readonly load: EventLoopLoad,
    private readonly limits: RateLimits,
    private readonly floods: FloodGuard,
  ) {}

  attach(server: RealtimeServer): void {
    server.engine.on('connection', (connection: EngineConnection) => {
      this.opened(connection);
    });
  }

  /** Why a new connection is not taken now, or `null`. Counts the attempt. */
  refusal(request: IncomingMessage): UpgradeRefusal | null {
    const { perInstance, perAddress, handshakesAtOnce } = this.config.socket;
    if (this.instance.isDraining) return { reason: 'draining', status: 503 };
    if (this.connections.size >= perInstance) return { reason: 'full', status: 503 };
    if (this.load.level >= 2) return { reason: 'overloaded', status: 503 };
    if (this.joining >= handshakesAtOnce) return { reason: 'handshakes', status: 503 };

    const network = this.networkOf(request);
    const { held = 0, joining = 0 } = this.networks.get(network) ?? {};
    const isOverShare = joining >= Math.ceil(handshakesAtOnce * HANDSHAKES_OF_ADDRESS_SHARE);
    const isFrequent = this.limits.count('connectionsPerMinutePerAddress', network).isSpent;
    if (held >= perAddress || isOverShare || isFrequent) return { reason: 'address', status: 429 };
    return null;
  }

  /** False where the connection has a socket already or another handshake under way, which no client does. */
  beginHandshake(connection: EngineConnection): boolean {
    const held = this.connections.get(connection);
    if (held?.state !== 'open') return false;
    held.state = 'handshake';
    return true;
  }

  /** Takes one of the places that the person has here; false where there is none left. */
  takePlace(connection: EngineConnection, userId: string): boolean {
    const held = this.connections.get(connection);
    const count = this.ofUser.get(userId) ?? 0;
    if (!held || count >= this.config.socket.perUser) return false;
    held.userId = userId;
    this.ofUser.set(userId, count + 1);
    return true;
  }

  ready(connection: EngineConnection): void {
    const held = this.connections.get(connection);
    if (!held || held.state === 'ready') return;
    held.state = 'ready';
    this.leftHandshake(held);
  }

  refused(connection: EngineConnection): void {
    const held = this.connections.get(connection);
    if (held?.state !== 'handshake') return;
    held.state = 'open';
    this.leavePlace(held);
    held.refusals += 1;
    if (held.refusals >= REFUSALS_MAX) this.floods.cut(connection, 'handshakes');
  }

  private opened(connection: EngineConnection): void {
    const network = this.networkOf(connection.request);
    const held: Held = { network, state: 'open', userId: undefined, refusals: 0 };
    const ofNetwork = this.networks.get(network) ?? { held: 0, joining: 0 };
    ofNetwork.held += 1;
    ofNetwork.joining += 1;
    this.networks.set(network, ofNetwork);
    this.joining += 1;
    this.connections.set(connection, held);
    connection.once('close', () => {
      this.closed(connection, held);
    });
    this.floods.watch(connection);
  }

  private closed(connection: EngineConnection, held: Held): void {
    this.connections.delete(connection);
    if (held.state !== 'ready') this.leftHandshake(held);
    this.leavePlace(held);
    setTimeout(() => {
      terminate(connection);
    }, GOODBYE_MS).unref();
    const ofNetwork = this.networks.get(held.network);
    if (!ofNetwork) return;
    ofNetwork.held -= 1;
    if (ofNetwork.held === 0) this.networks.delete(held.network);
  }

  private leftHandshake({ network }: Held): void {
    this.joining -= 1;
    const ofNetwork = this.networks.get(network);
    if (ofNetwork) ofNetwork.joining -= 1;
  }

  private leavePlace(held: Held): void {
    if (held.userId === undefined) return;
    const count = this.ofUser.get(held.userId) ?? 0;
    if (count > 1) this.ofUser.set(held.userId, count - 1);
    else this.ofUser.delete(held.userId);
    held.userId = undefined;
  }

  private networkOf(request: IncomingMessage): string {
    return networkOf(clientAddress(request, this.config.http.trustProxyHops));
  }
}
