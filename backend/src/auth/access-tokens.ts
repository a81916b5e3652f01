import type { KeyObject } from 'node:crypto';
import { createSecretKey } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Config } from '../config/config.js';

/** Written into and demanded of every access token, so that no other token signed with the key passes for one. */
export const TOKEN_ISSUER = 'parley';
export const TOKEN_AUDIENCE = 'parley-api';
export const TOKEN_TYPE = 'at+jwt';
export const TOKEN_ALGORITHM = 'HS256';

/**
 * The secret as a key. A string is first tried as a PEM of a public or private key at every token, which costs more than
 * all else that a check does.
 */
export function tokenKey(config: Config): KeyObject {
  return createSecretKey(config.tokens.secret, 'utf8');
}

export interface IssuedAccessToken {
  accessToken: string;
  /** Seconds. */
  expiresIn: number;
}

/** Makes access tokens; they are checked by `AccessTokenStrategy`. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly jwt: JwtService,
    private readonly config: Config,
  ) {}

  async issue(userId: string, sessionId: string): Promise<IssuedAccessToken> {
    const expiresIn = this.config.tokens.accessSeconds;
    const accessToken = await this.jwt.signAsync(
      { sid: sessionId },
      {
        algorithm: TOKEN_ALGORITHM,
        header: { alg: TOKEN_ALGORITHM, typ: TOKEN_TYPE },
        subject: userId,
        issuer: TOKEN_ISSUER,
        audience: TOKEN_AUDIENCE,
        expiresIn,
      },
    );
    return { accessToken, expiresIn };
  }
}
