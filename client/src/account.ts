import type { Me, RouteAnswer, RouteName } from '@parley/protocol';
import { backoffMs, sleep } from './delays.js';
import { State, type Observable } from './observable.js';
import { ParleyError, needsSignIn, noAnswer } from './parley-error.js';
import type { CallArguments, Rest } from './rest.js';

export type SignedOutReason = 'none' | 'logout' | 'revoked' | 'expired';
export type AuthState =
  | { readonly status: 'unknown' }
  | { readonly status: 'signed-out'; readonly reason: SignedOutReason }
  | { readonly status: 'signed-in'; readonly user: Me };

export interface Lease {
  readonly token: string;
  /** On the clock of `performance.now()`, which no change of the wall clock moves. */
  readonly expiresAt: number;
}

/** A token is renewed this long before it expires, so that no request meets its end on the way. */
export const RENEW_BEFORE_MS = 60_000;

/** Who is signed in, and a valid access token for whoever needs one. */
export class Account {
  private readonly auth = new State<AuthState>({ status: 'unknown' });
  private lease: Lease | null = null;
  private renewal: Promise<Lease> | null = null;

  constructor(private readonly rest: Rest) {}

  get state(): Observable<AuthState> {
    return this.auth;
  }

  get me(): Me | null {
    const state = this.auth.getSnapshot();
    return state.status === 'signed-in' ? state.user : null;
  }

  async signIn(
    route: 'POST /auth/register' | 'POST /auth/login',
    body: { username: string; password: string; displayName?: string; email?: string },
  ): Promise<Me> {
    const answer = await this.rest.call(route, null, { body });
    this.lease = leaseOf(answer);
    this.auth.set({ status: 'signed-in', user: answer.user });
    return answer.user;
  }

  /**
   * Takes a session up again by its cookie. Only the server's word signs out: while it can not be reached, this
   * waits and tries again.
   */
  async restore(signal?: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal?.aborted; attempt += 1) {
      try {
        await this.renew();
        const user = await this.call('GET /users/me');
        this.auth.set({ status: 'signed-in', user });
        return;
      } catch (error) {
        if (error instanceof ParleyError && needsSignIn(error.code)) {
          this.signedOut('none');
          return;
        }
        const wait = error instanceof ParleyError ? error.retryAfterMs : undefined;
        await sleep(Math.max(wait ?? 0, backoffMs(attempt)), signal);
      }
    }
  }

  async logout(): Promise<void> {
    try {
      await this.call('POST /auth/logout');
    } finally {
      this.signedOut('logout');
    }
  }

  signedOut(reason: SignedOutReason): void {
    this.lease = null;
    this.auth.set({ status: 'signed-out', reason });
  }

  changed(user: Me): void {
    this.auth.set({ status: 'signed-in', user });
  }

  /** A token that is good for a while yet. */
  async token(): Promise<Lease> {
    if (this.lease && this.lease.expiresAt - performance.now() > RENEW_BEFORE_MS / 2) return this.lease;
    return this.renew();
  }

  /** One renewal at a time; whoever asks meanwhile gets the same. */
  renew(): Promise<Lease> {
    this.renewal ??= this.rest
      .call('POST /auth/refresh', null, {})
      .then((answer) => {
        this.lease = leaseOf(answer);
        return this.lease;
      })
      .catch((error: unknown) => {
        if (error instanceof ParleyError && needsSignIn(error.code) && this.me) {
          this.signedOut(error.code === 'SESSION_REVOKED' ? 'revoked' : 'expired');
        }
        throw error;
      })
      .finally(() => {
        this.renewal = null;
      });
    return this.renewal;
  }

  /** Calls a route as the person signed in; an expired token is renewed and the call repeated, once. */
  async call<N extends RouteName>(name: N, ...[options]: CallArguments<N>): Promise<RouteAnswer<N>> {
    const { token } = await this.token();
    try {
      return await this.rest.call(name, token, options ?? {});
    } catch (error) {
      if (!(error instanceof ParleyError) || !needsSignIn(error.code)) throw error;
      if (error.code === 'SESSION_REVOKED') {
        this.signedOut('revoked');
        throw error;
      }
      const renewed = await this.renew();
      if (renewed.token === token) throw noAnswer('The server refused a fresh token.');
      return this.rest.call(name, renewed.token, options ?? {});
    }
  }
}

function leaseOf({ accessToken, expiresIn }: { accessToken: string; expiresIn: number }): Lease {
  return { token: accessToken, expiresAt: performance.now() + expiresIn * 1_000 };
}
