import type { AccessToken, ErrorAnswer, SignedIn } from '@parley/protocol';
import type { Outcome } from './outcome.js';
import { needsToken, outcomeOfError, sleep, unknown } from './outcome.js';

/** Longer than any answer that the product allows itself, shorter than a fault that must not stop the run. */
const REQUEST_TIMEOUT_MS = 10_000;
const REFRESH_COOKIE = /parley_refresh=([^;]*)/;

export interface RequestOptions {
  /** Where to send it instead of the proxy: the address of one instance. */
  to?: string;
  timeoutMs?: number;
}

/** One signed-in device over REST: bearer token, refresh cookie, and the outcome of every request. */
export class RestSession {
  accessToken = '';
  userId = '';
  /** Of the token: `Date.now()` at which it is to be renewed. */
  renewAt = Number.POSITIVE_INFINITY;
  ended = false;
  private refreshToken = '';
  private refreshing: Promise<boolean> | null = null;

  constructor(readonly baseUrl: string) {}

  async register(username: string, password: string, displayName: string): Promise<Outcome<SignedIn>> {
    return this.signIn('/auth/register', { username, password, displayName });
  }

  async login(username: string, password: string): Promise<Outcome<SignedIn>> {
    return this.signIn('/auth/login', { username, password });
  }

  private async signIn(path: string, body: object): Promise<Outcome<SignedIn>> {
    const outcome = await this.once<SignedIn>('POST', path, body, {});
    if (outcome.kind === 'ok') {
      this.take(outcome.data);
      this.userId = outcome.data.user.id;
    }
    return outcome;
  }

  private take(token: AccessToken): void {
    this.accessToken = token.accessToken;
    // Well before the end, so that a fault of some seconds does not let it run out.
    this.renewAt = Date.now() + token.expiresIn * 600;
  }

  /**
   * Renews the access token; `false`: the session is over. An unknown outcome is repeated with the token held:
   * the old one works until its successor has been used.
   */
  async refresh(): Promise<boolean> {
    this.refreshing ??= this.refreshUntilSettled().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async refreshUntilSettled(): Promise<boolean> {
    for (let attempt = 0; attempt < 60 && !this.ended; attempt += 1) {
      const outcome = await this.once<AccessToken>('POST', '/auth/refresh', undefined, { timeoutMs: 5_000 });
      if (outcome.kind === 'ok') {
        this.take(outcome.data);
        return true;
      }
      if (outcome.kind === 'refused') {
        this.ended = true;
        return false;
      }
      await sleep(Math.max(outcome.retryAfterMs, 200 + Math.random() * 800));
    }
    return false;
  }

  /** One request; a token that ran out is renewed and the request sent once more. */
  async call<T>(
    method: string,
    path: string,
    body?: object,
    options: RequestOptions = {},
  ): Promise<Outcome<T>> {
    const outcome = await this.once<T>(method, path, body, options);
    if (!needsToken(outcome) || this.ended) return outcome;
    return (await this.refresh()) ? this.once<T>(method, path, body, options) : outcome;
  }

  /** Repeats while the outcome is unknown, for requests that may be repeated; bounded by `forMs`. */
  async settle<T>(method: string, path: string, body?: object, forMs = 30_000): Promise<Outcome<T>> {
    const end = Date.now() + forMs;
    for (;;) {
      const outcome = await this.call<T>(method, path, body);
      if (outcome.kind !== 'unknown' || Date.now() > end) return outcome;
      await sleep(Math.max(outcome.retryAfterMs, 150 + Math.random() * 350));
    }
  }

  private async once<T>(
    method: string,
    path: string,
    body: object | undefined,
    options: RequestOptions,
  ): Promise<Outcome<T>> {
    const headers: Record<string, string> = {};
    if (this.accessToken !== '') headers['authorization'] = `Bearer ${this.accessToken}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (path.startsWith('/auth/') && this.refreshToken !== '')
      headers['cookie'] = `parley_refresh=${this.refreshToken}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${options.to ?? this.baseUrl}/api/v1${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(options.timeoutMs ?? REQUEST_TIMEOUT_MS),
      });
      text = await response.text();
    } catch (error) {
      return unknown(
        error instanceof Error
          ? error.cause instanceof Error
            ? error.cause.message
            : error.name
          : 'network',
      );
    }
    for (const cookie of response.headers.getSetCookie()) {
      const value = REFRESH_COOKIE.exec(cookie)?.[1];
      if (value !== undefined && value !== '') this.refreshToken = value;
    }
    const parsed = parse(text);
    if (response.ok) return { kind: 'ok', data: parsed as T, status: response.status };
    const error = (parsed as Partial<ErrorAnswer> | null)?.error;
    // An answer of the proxy, not of the product: nobody knows what the instance did.
    return error === undefined ? unknown(`HTTP ${String(response.status)}`) : outcomeOfError(error);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
