import type { AccountRole } from '@parley/protocol';
import { ID_PATTERN } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { Config } from '../config/config.js';
import { ParleyError } from '../infra/errors/parley-error.js';
import { TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER, TOKEN_TYPE, tokenKey } from './access-tokens.js';
import { AuthStore } from './auth.store.js';

/** What an access token and its session prove. */
export interface Identity {
  readonly userId: string;
  readonly sessionId: string;
  readonly role: AccountRole;
  /** Milliseconds since 1970 at which the access token expires. */
  readonly expiresAt: number;
}

/** REST and socket carry the token in different places; the strategy gets it in one. Never from a URL. */
interface TokenCarrier {
  readonly token: string;
}

/** What the strategy calls when it has decided; passport hangs these on a copy of the strategy for each request. */
interface Outcome {
  success: (identity: Identity) => void;
  fail: (reason: unknown) => void;
  error: (thrown: unknown) => void;
}

/** The one check of access tokens, by passport-jwt: signature, issuer, audience, type, expiry, and the live session. */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'access-token') {
  constructor(
    config: Config,
    private readonly store: AuthStore,
  ) {
    super({
      jwtFromRequest: (carrier: unknown) => (carrier as TokenCarrier).token,
      // Its types leave keys out; it hands on what it gets.
      secretOrKey: tokenKey(config) as unknown as Buffer,
      algorithms: [TOKEN_ALGORITHM],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      // Complete: the type stands in the header.
      jsonWebTokenOptions: { complete: true },
    });
  }

  /** Called by passport-jwt with a token whose signature and claims are right. */
  async validate(token: unknown): Promise<Identity> {
    const claims = claimsOf(token);
    if (!claims) throw unauthenticated();
    const session = await this.store.findSession(claims.sessionId);
    if (session?.userId !== claims.userId) throw unauthenticated();
    if (session.ended) throw new ParleyError('SESSION_REVOKED', 'This session has ended.');
    return { ...claims, role: session.role };
  }

  /** The identity behind a token. Throws UNAUTHENTICATED, TOKEN_EXPIRED or SESSION_REVOKED. */
  verify(token: string): Promise<Identity> {
    return new Promise<Identity>((resolve, reject) => {
      const outcome: Outcome = {
        success: resolve,
        fail: (reason) => {
          const expired = reason instanceof Error && reason.name === 'TokenExpiredError';
          reject(
            expired ? new ParleyError('TOKEN_EXPIRED', 'The access token has expired.') : unauthenticated(),
          );
        },
        error: (thrown) => {
          reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
        },
      };
      const run = Object.assign(Object.create(this) as this, outcome);
      // passport-jwt reads nothing of the request but what jwtFromRequest takes from it.
      run.authenticate({ token } as unknown as Parameters<Strategy['authenticate']>[0]);
    });
  }
}

export function unauthenticated(): ParleyError {
  return new ParleyError('UNAUTHENTICATED', 'Please sign in.');
}

function claimsOf(token: unknown): Omit<Identity, 'role'> | null {
  if (typeof token !== 'object' || token === null) return null;
  const header: unknown = Reflect.get(token, 'header');
  const payload: unknown = Reflect.get(token, 'payload');
  if (typeof header !== 'object' || header === null || Reflect.get(header, 'typ') !== TOKEN_TYPE) return null;
  if (typeof payload !== 'object' || payload === null) return null;
  const { sub, sid, exp } = payload as Record<string, unknown>;
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof exp !== 'number') return null;
  if (!ID_PATTERN.test(sub) || !ID_PATTERN.test(sid)) return null;
  return { userId: sub, sessionId: sid, expiresAt: exp * 1_000 };
}
