import type {
  Ack,
  ClientToServerEvents,
  CommandInput,
  CommandName,
  CommandResult,
  ErrorAnswer,
  ErrorObject,
  EventName,
  Me,
  RouteAnswer,
  RouteName,
  ServerEvents,
  ServerToClientEvents,
  SignedIn,
} from '@parley/protocol';
import { API_PREFIX, SOCKET_PATH, routes } from '@parley/protocol';
import type { Route } from '@parley/protocol';
import { randomUUID } from 'node:crypto';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';

/** Longer than any deadline of the server, so that a test fails with what happened and not with a hang. */
const WAIT_MS = 10_000;

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface RequestOptions {
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string | number | boolean>;
  readonly body?: unknown;
  readonly token?: string;
  readonly cookie?: string;
  readonly headers?: Record<string, string>;
}

/** One request by the name of its route. `call` expects success and says the error where it fails; `request` takes both. */
export class Api {
  constructor(readonly baseUrl: string) {}

  async request<N extends RouteName>(
    name: N,
    options: RequestOptions = {},
  ): Promise<Answer<RouteAnswer<N> & ErrorAnswer>> {
    const [method = '', template = ''] = name.split(' ');
    const route: Route = routes[name];
    let path = template;
    for (const [key, value] of Object.entries(options.params ?? {})) {
      path = path.replace(`:${key}`, encodeURIComponent(value));
    }
    const query = new URLSearchParams(
      Object.entries(options.query ?? {}).map(([key, value]): [string, string] => [key, String(value)]),
    ).toString();
    const response = await fetch(
      `${this.baseUrl}${route.at === 'root' ? '' : API_PREFIX}${path}${query === '' ? '' : `?${query}`}`,
      {
        method,
        headers: {
          ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
          ...(options.cookie === undefined ? {} : { cookie: options.cookie }),
          ...options.headers,
        },
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
        signal: AbortSignal.timeout(WAIT_MS),
      },
    );
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? {} : JSON.parse(text)) as RouteAnswer<N> & ErrorAnswer,
    };
  }

  async call<N extends RouteName>(name: N, options: RequestOptions = {}): Promise<RouteAnswer<N>> {
    const { status, body } = await this.request(name, options);
    if (status >= 400) throw new Error(`${name}: ${String(status)} ${JSON.stringify(body)}`);
    return body;
  }

  /** The error that a request must end with. */
  async refusal(name: RouteName, options: RequestOptions = {}): Promise<ErrorObject & { status: number }> {
    const { status, body } = await this.request(name, options);
    const { error } = body as Partial<ErrorAnswer>;
    if (!error) throw new Error(`${name} was answered with ${String(status)} and no error`);
    return { ...error, status };
  }

  /** Somebody new, with a name nobody else has. */
  async register(name = 'person', password = 'a good password'): Promise<Person> {
    const username = `${name}-${randomUUID().slice(0, 8)}`;
    const { status, headers, body } = await this.request('POST /auth/register', {
      body: { username, password },
    });
    if (status !== 201) throw new Error(`register: ${String(status)} ${JSON.stringify(body)}`);
    return personOf(body, headers, password);
  }

  async logIn(username: string, password: string): Promise<Person> {
    const { status, headers, body } = await this.request('POST /auth/login', {
      body: { username, password },
    });
    if (status !== 200) throw new Error(`login: ${String(status)} ${JSON.stringify(body)}`);
    return personOf(body, headers, password);
  }
}

export interface Person {
  readonly user: Me;
  readonly password: string;
  readonly token: string;
  /** `name=value` of the refresh cookie. */
  readonly cookie: string;
}

function personOf(signedIn: SignedIn, headers: Headers, password: string): Person {
  return { user: signedIn.user, password, token: signedIn.accessToken, cookie: cookieOf(headers) };
}

/** `name=value` of the first cookie that an answer sets; empty where it sets none. */
export function cookieOf(headers: Headers): string {
  return (headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
}

type ClientSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** A socket with what it was sent, in order, and waiting for what it will be sent. */
export class Connection {
  readonly received: { event: EventName; payload: ServerEvents[EventName] }[] = [];

  private constructor(readonly socket: ClientSocket) {
    socket.onAny((event: EventName, payload: ServerEvents[EventName]) => {
      this.received.push({ event, payload });
    });
  }

  /** Connects and waits for `ready`. Rejects with the error object of a `connect_error` as `cause`. */
  static async open(
    baseUrl: string,
    auth: unknown,
    headers: Record<string, string> = {},
  ): Promise<Connection> {
    const connection = Connection.start(baseUrl, auth, headers);
    try {
      await connection.next('ready');
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  /** Starts to connect and returns at once. */
  static start(baseUrl: string, auth: unknown, headers: Record<string, string> = {}): Connection {
    const socket: ClientSocket = io(baseUrl, {
      path: SOCKET_PATH,
      transports: ['websocket'],
      auth: auth as Record<string, unknown>,
      extraHeaders: headers,
      reconnection: false,
      forceNew: true,
    });
    return new Connection(socket);
  }

  static as(baseUrl: string, person: Pick<Person, 'token'>): Promise<Connection> {
    return Connection.open(baseUrl, { token: person.token, protocol: 1 });
  }

  /** The answer of a command, whatever it is. */
  send<K extends CommandName>(name: K, input: CommandInput<K>): Promise<Ack<CommandResult<K>>> {
    return this.sendRaw(name, input) as Promise<Ack<CommandResult<K>>>;
  }

  /** As `send`, for what the types forbid. */
  sendRaw(name: string, ...parts: unknown[]): Promise<Ack<unknown>> {
    const socket = this.socket as Socket;
    return socket.timeout(WAIT_MS).emitWithAck(name, ...parts) as Promise<Ack<unknown>>;
  }

  /** `data` of a command that must succeed. */
  async command<K extends CommandName>(name: K, input: CommandInput<K>): Promise<CommandResult<K>> {
    const ack = await this.send(name, input);
    if (!ack.ok) throw new Error(`${name}: ${JSON.stringify(ack.error)}`);
    return ack.data;
  }

  /** The first event of a name, received already or within the time, for which `match` holds. */
  next<E extends EventName>(
    name: E,
    match: (payload: ServerEvents[E]) => boolean = () => true,
    milliseconds = WAIT_MS,
  ): Promise<ServerEvents[E]> {
    const known = this.received.find(
      ({ event, payload }) => event === name && match(payload as ServerEvents[E]),
    );
    if (known) return Promise.resolve(known.payload as ServerEvents[E]);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        finish();
        reject(new Error(`No ${name} within ${String(milliseconds)} ms`));
      }, milliseconds);
      const onEvent = (event: string, payload: ServerEvents[E]): void => {
        if (event !== name || !match(payload)) return;
        finish();
        resolve(payload);
      };
      const onError = (error: Error & { data?: ErrorObject }): void => {
        finish();
        reject(new Error(error.message, { cause: error.data }));
      };
      const finish = (): void => {
        clearTimeout(timer);
        this.socket.offAny(onEvent);
        this.socket.off('connect_error', onError);
      };
      this.socket.onAny(onEvent);
      this.socket.on('connect_error', onError);
    });
  }

  /** Resolves with the reason once the socket is closed. */
  closed(milliseconds = WAIT_MS): Promise<string> {
    if (this.socket.disconnected) return Promise.resolve('closed before');
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`Still connected after ${String(milliseconds)} ms`));
      }, milliseconds);
      this.socket.once('disconnect', (reason) => {
        clearTimeout(timer);
        resolve(reason);
      });
    });
  }

  close(): void {
    this.socket.disconnect();
  }
}
