import type { Me, RouteAnswer, RouteName, SignedIn } from '@parley/protocol';
import { leaseOf, oneTabAtATime, type Lease } from './access-token.js';
import { backoffMs, sleep } from './delays.js';
import { State, type Observable } from './observable.js';
import { ParleyError, needsSignIn, noAnswer } from './parley-error.js';
import type { CallArguments, Rest } from './rest.js';

export type SignedOutReason = 'none' | 'logout' | 'revoked' | 'expired';
export type AuthState =
  | { readonly status: 'unknown' }
  | { readonly status: 'signed-out'; readonly reason: SignedOutReason }
  | { readonly status: 'signed-in'; readonly user: Me };

/** Who is signed in, and a valid access token for whoever needs one. */
export class Account {
  private readonly auth = new State<AuthState>({ status: 'unknown' });
  private lease: Lease | null = null;
  private renewal: Promise<Lease> | null = null;
  /** The name of a registration that may have happened. */
  private unanswered: string | null = null;

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
    const answer = await this.enter(route, body);
    // Whoever was signed in before: nothing of theirs is mixed with what follows.
    if (this.me && this.me.id !== answer.user.id) this.signedOut('none');
    this.lease = leaseOf(answer);
    this.auth.set({ status: 'signed-in', user: answer.user });
    return answer.user;
  }

  /** A registration that was not answered may have happened. A name that is taken then is likely the person's own. */
  private async enter(
    route: 'POST /auth/register' | 'POST /auth/login',
    body: { username: string; password: string; displayName?: string; email?: string },
  ): Promise<SignedIn> {
    const { username, password } = body;
    try {
      return await this.rest.call(route, null, { body });
    } catch (error) {
      if (route === 'POST /auth/login' || !(error instanceof ParleyError)) throw error;
      const wasUnanswered = this.unanswered === username;
      if (error.retryable) this.unanswered = username;
      if (error.code !== 'CONFLICT' || !wasUnanswered) throw error;
      return await this.rest.call('POST /auth/login', null, { body: { username, password } }).catch(() => {
        throw error;
      });
    }
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

  /** Ends the session on the server too, where it can be reached; here in any case. */
  async logout(): Promise<void> {
    try {
      await this.call('POST /auth/logout');
    } finally {
      this.rest.forgetCookie();
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
    if (this.lease && performance.now() < this.lease.usableUntil) return this.lease;
    return this.renew();
  }

  /** The server did not take the token: the next one asked for is a fresh one. */
  doubt(): void {
    this.lease = null;
  }

  /** One renewal at a time; whoever asks meanwhile gets the same. */
  renew(): Promise<Lease> {
    this.renewal ??= this.renewOnce().finally(() => {
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

  /** A call that outlives the page, with the token at hand; nobody waits for the answer. */
  leave<N extends RouteName>(name: N, ...[options]: CallArguments<N>): void {
    const token = this.lease?.token;
    if (token !== undefined)
      void this.rest.call(name, token, { ...options, outlivesPage: true }).catch(() => undefined);
  }

  private async renewOnce(): Promise<Lease> {
    const { me } = this;
    try {
      const lease = leaseOf(await oneTabAtATime(() => this.rest.call('POST /auth/refresh', null, {})));
      if (me !== null) await this.checkPerson(me, lease);
      // Somebody signed out, or in, while the answer was on its way.
      if (this.me?.id !== me?.id) throw noAnswer('The person changed while the token was renewed.');
      this.lease = lease;
      return lease;
    } catch (error) {
      if (error instanceof ParleyError && needsSignIn(error.code) && me !== null && this.me?.id === me.id)
        this.signedOut(error.code === 'SESSION_REVOKED' ? 'revoked' : 'expired');
      throw error;
    }
  }

  /**
   * Tabs share the cookie: another one may have signed in as somebody else since. Nothing that this person began
   * may go out under that name, so what waits for the token fails, and the other person is signed in here too.
   */
  private async checkPerson(me: Me, lease: Lease): Promise<void> {
    if (!this.rest.isCookieShared) return;
    const user = await this.rest.call('GET /users/me', lease.token, {});
    if (user.id === me.id || this.me?.id !== me.id) return;
    this.signedOut('none');
    this.lease = lease;
    this.auth.set({ status: 'signed-in', user });
  }
}
