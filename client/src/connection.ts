import type {
  ClientToServerEvents,
  CommandInput,
  CommandName,
  CommandResult,
  ErrorObject,
  EventName,
  ReadyEvent,
  ServerEvents,
  ServerToClientEvents,
} from '@parley/protocol';
import { PROTOCOL_VERSION, SOCKET_PATH } from '@parley/protocol/names';
import { io, type Socket } from 'socket.io-client';
import type { Account } from './account.js';
import { backoffMs } from './delays.js';
import { State, type Observable } from './observable.js';
import { ParleyError, isErrorObject, needsSignIn, noAnswer } from './parley-error.js';
import { PendingCommands } from './pending-commands.js';
import { SocketToken } from './socket-token.js';

export interface ConnectionState {
  /** `waiting`: the next attempt is at `retryAt`. `offline`: the same, and the device says that it has no network. */
  readonly status: 'idle' | 'connecting' | 'online' | 'waiting' | 'offline';
  /** Milliseconds since 1970. */
  readonly retryAt: number | null;
  /** Whether this connection has been online before: the first attempt is no loss. */
  readonly wasOnline: boolean;
  /** Why the server refused the last attempt; `null` where it was not reached, or is online. */
  readonly error: ErrorObject | null;
}

export interface ConnectionHandler {
  ready: (ready: ReadyEvent) => void;
  event: <E extends EventName>(name: E, payload: ServerEvents[E]) => void;
  lost: () => void;
}

type ParleySocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** Events that the sync engine is told; `ready`, `draining` and `session:ended` are the connection's own. */
const FORWARDED = [
  'changes',
  'heads',
  'conversation',
  'conversation:removed',
  'receipts',
  'typing',
  'presence',
  'user',
  'resync',
] as const satisfies readonly EventName[];

/** A handshake that is not `ready` by then is given up: a proxy may hold a connection open that leads nowhere. */
const READY_TIMEOUT_MS = 10_000;
/**
 * A live server takes a connection at once, however slow its database is. One that does not may be frozen, and the next
 * try reaches another; each try waits longer than the one before, since it may as well be the way that is slow.
 */
const OPEN_TIMEOUT_MS = 4_000;
const OPEN_TIMEOUT_STEP_MS = 2_000;

const IDLE: ConnectionState = { status: 'idle', retryAt: null, wasOnline: false, error: null };

/** The socket: kept open while somebody is signed in, by the reconnection rules of the contract. */
export class Connection {
  private readonly state = new State<ConnectionState>(IDLE);
  private readonly pending = new PendingCommands();
  private socket: ParleySocket | null = null;
  private attempt = 0;
  private wanted = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private token: SocketToken | null = null;
  /** Counts connections: what belongs to an earlier one is ignored. */
  private generation = 0;

  constructor(
    private readonly baseUrl: string,
    private readonly account: Account,
    private readonly handler: ConnectionHandler,
  ) {
    if (typeof window !== 'undefined') {
      window.addEventListener('online', this.retryNow);
      window.addEventListener('offline', this.networkGone);
      document.addEventListener('visibilitychange', this.visibilityChanged);
    }
  }

  get snapshot(): Observable<ConnectionState> {
    return this.state;
  }

  open(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.attempt = 0;
    void this.connect();
  }

  close(): void {
    if (!this.wanted) return;
    this.wanted = false;
    this.drop();
    this.state.set(IDLE);
  }

  /** Closes for good. */
  dispose(): void {
    this.close();
    if (typeof window !== 'undefined') {
      window.removeEventListener('online', this.retryNow);
      window.removeEventListener('offline', this.networkGone);
      document.removeEventListener('visibilitychange', this.visibilityChanged);
    }
  }

  /** At once, where it waits for its next attempt. */
  readonly retryNow = (): void => {
    const { status } = this.state.getSnapshot();
    if (!this.wanted || (status !== 'waiting' && status !== 'offline')) return;
    this.attempt = 0;
    void this.connect();
  };

  /** Rejects with a retryable error when no answer comes: the outcome is unknown then. */
  async command<K extends CommandName>(name: K, input: CommandInput<K>): Promise<CommandResult<K>> {
    const { socket } = this;
    if (!socket || this.state.getSnapshot().status !== 'online') throw noAnswer('Not connected.');
    const { generation } = this;
    const ack = await this.pending.run<CommandResult<K>>((answer) => {
      // The typed map pairs each name with its payload; a union of names loses that pairing here and only here.
      (socket.emit as (name: K, input: CommandInput<K>, ack: typeof answer) => void).call(
        socket,
        name,
        input,
        answer,
      );
    });
    if (ack.ok) return ack.data;
    // The session of this socket is in doubt: a new handshake with a fresh token settles it.
    if (needsSignIn(ack.error.code) && generation === this.generation) this.lost(ack.error);
    throw new ParleyError(ack.error);
  }

  private async connect(): Promise<void> {
    this.drop();
    const { generation } = this;
    this.update(isDeviceOffline() ? 'offline' : 'connecting', null);
    let token: string;
    try {
      ({ token } = await this.account.token());
    } catch (error) {
      if (generation === this.generation) this.lost(error);
      return;
    }
    if (generation !== this.generation || !this.wanted) return;

    const socket: ParleySocket = io(this.baseUrl === '' ? '/' : this.baseUrl, {
      path: SOCKET_PATH,
      transports: ['websocket'],
      auth: { token, protocol: PROTOCOL_VERSION },
      reconnection: false,
      forceNew: true,
      timeout: Math.min(READY_TIMEOUT_MS, OPEN_TIMEOUT_MS + this.attempt * OPEN_TIMEOUT_STEP_MS),
    });
    this.socket = socket;
    this.token = new SocketToken(this.account, token, (newer) =>
      this.command('auth:refresh', { token: newer }),
    );
    this.listen(socket, (work) => {
      if (generation === this.generation) work();
    });
  }

  private listen(socket: ParleySocket, ours: (work: () => void) => void): void {
    const lost = (reason: unknown) => {
      ours(() => {
        this.lost(reason);
      });
    };
    this.timer = setTimeout(() => {
      lost(null);
    }, READY_TIMEOUT_MS);
    socket.on('connect_error', (error) => {
      lost(Reflect.get(error, 'data'));
    });
    socket.on('disconnect', () => {
      lost(null);
    });
    socket.on('ready', (ready) => {
      ours(() => {
        this.isReady(ready);
      });
    });
    socket.on('draining', ({ reconnectAfterMs }) => {
      ours(() => {
        this.timer = setTimeout(() => {
          ours(() => void this.connect());
        }, Math.random() * reconnectAfterMs);
      });
    });
    socket.on('session:ended', ({ reason }) => {
      ours(() => {
        // The token of this socket ran out, which a newer one mends; the other two end the session.
        if (reason === 'expired') this.lost(null);
        else this.account.signedOut(reason);
      });
    });
    for (const name of FORWARDED) {
      socket.on(name, (payload: ServerEvents[typeof name]) => {
        ours(() => {
          this.handler.event(name, payload);
        });
      });
    }
  }

  private isReady(ready: ReadyEvent): void {
    if (ready.userId !== this.account.me?.id) {
      // Another tab signed in as somebody else, and the cookie is theirs: the next token tells who it is now.
      this.account.doubt();
      this.lost(null);
      return;
    }
    clearTimeout(this.timer);
    this.attempt = 0;
    this.state.set({ status: 'online', retryAt: null, wasOnline: true, error: null });
    this.token?.start();
    this.handler.ready(ready);
  }

  /** `reason` is the error object of a refusal, or what renewing the token threw. */
  private lost(reason: unknown): void {
    if (!this.wanted) return;
    const error = reason instanceof ParleyError ? reason.object : isErrorObject(reason) ? reason : null;
    this.drop();
    if (!this.wanted || this.account.me === null) return;
    if (error && needsSignIn(error.code) && !(reason instanceof ParleyError)) {
      if (error.code === 'SESSION_REVOKED') {
        this.account.signedOut('revoked');
        return;
      }
      // A fresh token settles whether the session lives; the next attempt asks for one, and signs out where it does not.
      this.account.doubt();
    }
    const wait = Math.max(error?.retryAfterMs ?? 0, backoffMs(this.attempt));
    this.attempt += 1;
    this.update(isDeviceOffline() ? 'offline' : 'waiting', Date.now() + wait, error);
    this.timer = setTimeout(() => void this.connect(), wait);
  }

  private update(
    status: ConnectionState['status'],
    retryAt: number | null,
    error: ErrorObject | null = null,
  ): void {
    this.state.set({ status, retryAt, wasOnline: this.state.getSnapshot().wasOnline, error });
  }

  private drop(): void {
    const wasOnline = this.state.getSnapshot().status === 'online';
    this.generation += 1;
    clearTimeout(this.timer);
    this.token?.stop();
    this.token = null;
    this.socket?.removeAllListeners();
    this.socket?.disconnect();
    this.socket = null;
    // `handler` first: what the cut commands lead to must find that there is no connection.
    if (wasOnline) this.handler.lost();
    this.pending.cut();
  }

  private readonly networkGone = (): void => {
    this.lost(null);
  };

  private readonly visibilityChanged = (): void => {
    if (document.visibilityState === 'visible') this.retryNow();
  };
}

/** Only a word for the person: attempts go on, since a server on this machine needs no network. Node does not know. */
function isDeviceOffline(): boolean {
  const isOnLine: unknown = typeof navigator === 'undefined' ? true : Reflect.get(navigator, 'onLine');
  return isOnLine === false;
}
