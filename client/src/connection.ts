import type {
  Ack,
  ClientToServerEvents,
  CommandInput,
  CommandName,
  CommandResult,
  EventName,
  ReadyEvent,
  ServerEvents,
  ServerToClientEvents,
} from '@parley/protocol';
import { COMMAND_TIMEOUT_MS, PROTOCOL_VERSION, SOCKET_PATH } from '@parley/protocol/names';
import { io, type Socket } from 'socket.io-client';
import { RENEW_BEFORE_MS, type Account } from './account.js';
import { backoffMs } from './delays.js';
import { State, type Observable } from './observable.js';
import { ParleyError, isErrorObject, needsSignIn, noAnswer } from './parley-error.js';

export interface ConnectionState {
  /** `waiting`: the next attempt is at `retryAt`. `offline`: the device says that it has no network. */
  readonly status: 'idle' | 'connecting' | 'online' | 'waiting' | 'offline';
  /** Milliseconds since 1970. */
  readonly retryAt: number | null;
  /** Whether this connection has been online before: the first attempt is no loss. */
  readonly wasOnline: boolean;
}

export interface ConnectionHandler {
  ready: (ready: ReadyEvent) => void;
  event: <E extends EventName>(name: E, payload: ServerEvents[E]) => void;
  lost: () => void;
}

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

/** The socket: kept open while somebody is signed in, by the reconnection rules of the contract. */
export class Connection {
  private readonly state = new State<ConnectionState>({ status: 'idle', retryAt: null, wasOnline: false });
  private socket: Socket<ServerToClientEvents, ClientToServerEvents> | null = null;
  private attempt = 0;
  private wanted = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private renewTimer: ReturnType<typeof setTimeout> | undefined;
  /** Counts connections: what belongs to an earlier one is ignored. */
  private generation = 0;

  constructor(
    private readonly baseUrl: string,
    private readonly account: Account,
    private readonly handler: ConnectionHandler,
  ) {
    if (typeof window !== 'undefined') {
      window.addEventListener('online', () => {
        this.retryNow();
      });
      window.addEventListener('offline', () => {
        this.lost(null);
      });
      document.addEventListener('visibilitychange', () => {
        if (document.visibilityState === 'visible') this.retryNow();
      });
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
    this.wanted = false;
    this.drop();
    this.state.set({ status: 'idle', retryAt: null, wasOnline: false });
  }

  /** At once, where it waits for its next attempt. */
  retryNow(): void {
    const { status } = this.state.getSnapshot();
    if (!this.wanted || (status !== 'waiting' && status !== 'offline')) return;
    this.attempt = 0;
    void this.connect();
  }

  /** Rejects with a retryable error when no answer comes: the outcome is unknown then. */
  async command<K extends CommandName>(name: K, input: CommandInput<K>): Promise<CommandResult<K>> {
    const { socket } = this;
    if (!socket || this.state.getSnapshot().status !== 'online') throw noAnswer('Not connected.');
    const ack = await new Promise<Ack<CommandResult<K>>>((resolve, reject) => {
      const settle = (result: Ack<CommandResult<K>> | ParleyError) => {
        clearTimeout(timer);
        socket.off('disconnect', cut);
        if (result instanceof ParleyError) reject(result);
        else resolve(result);
      };
      const cut = () => {
        settle(noAnswer('The connection was lost before the answer.'));
      };
      const timer = setTimeout(() => {
        settle(noAnswer('The server did not answer in time.'));
      }, COMMAND_TIMEOUT_MS);
      socket.on('disconnect', cut);
      // The typed map pairs each name with its payload; a union of names loses that pairing here and only here.
      (
        socket.emit as (name: K, input: CommandInput<K>, ack: (answer: Ack<CommandResult<K>>) => void) => void
      ).call(socket, name, input, settle);
    });
    if (!ack.ok) throw new ParleyError(ack.error);
    return ack.data;
  }

  private async connect(): Promise<void> {
    this.drop();
    const generation = this.generation;
    this.update('connecting', null);
    if (typeof navigator !== 'undefined' && !navigator.onLine) {
      this.update('offline', null);
      return;
    }
    let token: string;
    try {
      ({ token } = await this.account.token());
    } catch (error) {
      if (generation === this.generation) this.lost(error);
      return;
    }
    if (generation !== this.generation || !this.wanted) return;

    const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(
      this.baseUrl === '' ? '/' : this.baseUrl,
      {
        path: SOCKET_PATH,
        transports: ['websocket'],
        auth: { token, protocol: PROTOCOL_VERSION },
        reconnection: false,
        forceNew: true,
        timeout: READY_TIMEOUT_MS,
      },
    );
    this.socket = socket;
    const ours = (work: () => void) => {
      if (generation === this.generation) work();
    };
    this.timer = setTimeout(() => {
      ours(() => {
        this.lost(null);
      });
    }, READY_TIMEOUT_MS);

    socket.on('connect_error', (error) => {
      ours(() => {
        this.lost(Reflect.get(error, 'data'));
      });
    });
    socket.on('disconnect', () => {
      ours(() => {
        this.lost(null);
      });
    });
    socket.on('ready', (ready) => {
      ours(() => {
        clearTimeout(this.timer);
        this.attempt = 0;
        this.state.set({ status: 'online', retryAt: null, wasOnline: true });
        this.renewInTime();
        this.handler.ready(ready);
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

  /** `reason` is the error object of a refused handshake, or what renewing the token threw. */
  private lost(reason: unknown): void {
    if (!this.wanted) return;
    const error = reason instanceof ParleyError ? reason.object : isErrorObject(reason) ? reason : null;
    this.drop();
    this.handler.lost();
    if (!this.wanted || this.account.me === null) return;
    if (error && needsSignIn(error.code) && !(reason instanceof ParleyError)) {
      if (error.code === 'SESSION_REVOKED') {
        this.account.signedOut('revoked');
        return;
      }
      // A fresh token settles whether the session lives; it signs out where it does not.
      void this.account.renew().catch(() => undefined);
    }
    if (typeof navigator !== 'undefined' && !navigator.onLine) {
      this.update('offline', null);
      return;
    }
    const wait = Math.max(error?.retryAfterMs ?? 0, backoffMs(this.attempt));
    this.attempt += 1;
    this.update('waiting', Date.now() + wait);
    this.timer = setTimeout(() => void this.connect(), wait);
  }

  private update(status: ConnectionState['status'], retryAt: number | null): void {
    this.state.set({ status, retryAt, wasOnline: this.state.getSnapshot().wasOnline });
  }

  private renewInTime(): void {
    const generation = this.generation;
    void this.account.token().then(({ expiresAt }) => {
      if (generation !== this.generation) return;
      const wait = Math.max(0, expiresAt - performance.now() - RENEW_BEFORE_MS);
      this.renewTimer = setTimeout(() => {
        void this.account
          .renew()
          .then(({ token }) => this.command('auth:refresh', { token }))
          .then(() => {
            this.renewInTime();
          })
          // The socket ends when its token does, and the next connection brings a new one.
          .catch(() => undefined);
      }, wait);
    });
  }

  private drop(): void {
    this.generation += 1;
    clearTimeout(this.timer);
    clearTimeout(this.renewTimer);
    this.socket?.removeAllListeners();
    this.socket?.disconnect();
    this.socket = null;
  }
}
