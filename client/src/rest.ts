import type {
  ErrorAnswer,
  RouteAnswer,
  RouteBody,
  RouteName,
  RouteParams,
  RouteQuery,
} from '@parley/protocol';
import { API_PREFIX, REFRESH_COOKIE } from '@parley/protocol/names';
import { newClientId } from './client-id.js';
import { ParleyError, isErrorObject, noAnswer } from './parley-error.js';

/** A request that takes longer has lost its server; the outcome is unknown. */
const REQUEST_TIMEOUT_MS = 15_000;

type Part<K extends string, T> = [T] extends [undefined]
  ? { readonly [P in K]?: never }
  : { readonly [P in K]: T };
type OptionalPart<K extends string, T> = [T] extends [undefined]
  ? { readonly [P in K]?: never }
  : { readonly [P in K]?: T };

/** What a route takes, by its name: `params`, `query` and `body`. */
export type CallOptions<N extends RouteName> = Part<'params', RouteParams<N>> &
  OptionalPart<'query', RouteQuery<N>> &
  Part<'body', RouteBody<N>> & { readonly signal?: AbortSignal };

/** Options may be left out where nothing is required. */
export type CallArguments<N extends RouteName> =
  { readonly signal?: AbortSignal } extends CallOptions<N>
    ? [options?: CallOptions<N>]
    : [options: CallOptions<N>];

/** Lists travel comma-separated, which is how an array writes itself. */
type QueryValue = string | number | boolean | string[] | null | undefined;

interface AnyOptions {
  readonly params?: object | undefined;
  readonly query?: object | undefined;
  readonly body?: object | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly outlivesPage?: boolean;
}

function addressOf(name: RouteName, options: AnyOptions): { method: string; path: string } {
  const [method = 'GET', template = ''] = name.split(' ');
  let path = template.replace(/:(\w+)/g, (_all, key: string) =>
    encodeURIComponent(String(Reflect.get(options.params ?? {}, key))),
  );
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(options.query ?? {}) as [string, QueryValue][]) {
    if (value !== undefined && value !== null) query.set(key, value.toString());
  }
  if (query.size > 0) path += `?${query.toString()}`;
  return { method, path: template.startsWith('/health') ? path : API_PREFIX + path };
}

/** One HTTP exchange, typed by the route table. Knows no tokens but the one it is given. */
export class Rest {
  /** Where there is no browser to keep it: the refresh cookie. */
  private cookie: string | null = null;

  constructor(
    private readonly baseUrl: string,
    private readonly fetch: typeof globalThis.fetch,
    cookie: string | null,
  ) {
    this.cookie = cookie === null ? null : `${REFRESH_COOKIE}=${cookie}`;
  }

  /** In a browser all tabs share it. */
  readonly isCookieShared = typeof document !== 'undefined';

  /** The value of the refresh cookie, where there is no browser to keep it; for `refreshToken` of another start. */
  get refreshToken(): string | null {
    return this.cookie === null ? null : this.cookie.slice(REFRESH_COOKIE.length + 1);
  }

  forgetCookie(): void {
    this.cookie = null;
  }

  async call<N extends RouteName>(
    name: N,
    token: string | null,
    options: AnyOptions,
  ): Promise<RouteAnswer<N>> {
    const { method, path } = addressOf(name, options);
    // Another one for each exchange, also for a repeat: the proxy, the API and its jobs log it.
    const headers: Record<string, string> = { accept: 'application/json', 'x-request-id': newClientId() };
    if (token !== null) headers['authorization'] = `Bearer ${token}`;
    if (options.body !== undefined) headers['content-type'] = 'application/json';
    if (this.cookie !== null) headers['cookie'] = this.cookie;

    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    let response: Response;
    let text: string;
    try {
      response = await this.fetch(this.baseUrl + path, {
        method,
        headers,
        credentials: 'same-origin',
        keepalive: options.outlivesPage ?? false,
        body: options.body === undefined ? null : JSON.stringify(options.body),
        signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      });
      text = await response.text();
    } catch {
      throw noAnswer('The server can not be reached.');
    }
    this.keepCookie(response);
    if (response.ok) return (text === '' ? {} : JSON.parse(text)) as RouteAnswer<N>;
    throw errorOf(response.status, text);
  }

  /** A browser keeps the cookie itself, and shows it to nobody. */
  private keepCookie(response: Response): void {
    if (this.isCookieShared) return;
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      if (pair.startsWith(`${REFRESH_COOKIE}=`)) this.cookie = pair === `${REFRESH_COOKIE}=` ? null : pair;
    }
  }
}

function errorOf(status: number, text: string): ParleyError {
  try {
    const { error } = JSON.parse(text) as Partial<ErrorAnswer>;
    if (isErrorObject(error)) return new ParleyError(error);
  } catch {
    // Not from Parley: a proxy on the way, which speaks HTML.
  }
  return noAnswer(`The server answered ${String(status)}.`);
}
