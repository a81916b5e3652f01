import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Refresh tokens of a session form a chain: each is computed from the one before with a key that only the
 * server holds. So a raced or repeated refresh of one token always gets the same successor, and the database
 * holds hashes only. The tag proves that this server made a token, however old: what lets a replayed one end
 * its session, while an invented one ends nothing.
 *
 * Text form: `<session id>.<generation>.<secret>.<tag>`.
 */
export interface RefreshToken {
  readonly sessionId: string;
  /** 0 at sign-in; one more with each rotation. */
  readonly generation: number;
  readonly text: string;
}

const FORM =
  /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.(\d{1,9})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{22})$/;
const SECRET_BYTES = 32;
const TAG_BYTES = 16;

export class RefreshTokens {
  private readonly key: Buffer;

  /** `secret` signs access tokens too; the derived key shares nothing with it that could be exchanged. */
  constructor(secret: string) {
    this.key = Buffer.from(hkdfSync('sha256', secret, '', 'parley refresh tokens', 32));
  }

  first(sessionId: string): RefreshToken {
    return this.made(sessionId, 0, randomBytes(SECRET_BYTES).toString('base64url'));
  }

  successorOf(token: RefreshToken): RefreshToken {
    const secret = createHmac('sha256', this.key).update(`successor:${token.text}`).digest('base64url');
    return this.made(token.sessionId, token.generation + 1, secret);
  }

  /** The token that a text is, when this server made it; `null` for everything else. */
  read(text: string): RefreshToken | null {
    const match = FORM.exec(text);
    const [, sessionId, generation, secret, tag] = match ?? [];
    if (sessionId === undefined || generation === undefined || secret === undefined || tag === undefined)
      return null;
    const expected = this.tag(`${sessionId}.${generation}.${secret}`);
    if (!timingSafeEqual(Buffer.from(expected), Buffer.from(tag))) return null;
    return { sessionId, generation: Number(generation), text };
  }

  private made(sessionId: string, generation: number, secret: string): RefreshToken {
    const body = `${sessionId}.${String(generation)}.${secret}`;
    return { sessionId, generation, text: `${body}.${this.tag(body)}` };
  }

  private tag(body: string): string {
    const mac = createHmac('sha256', this.key).update(`tag:${body}`).digest();
    return mac.subarray(0, TAG_BYTES).toString('base64url');
  }
}

/** What is stored of a refresh token. It has 256 bits of randomness, so one fast pass suffices. */
export function refreshHash(token: RefreshToken): string {
  return createHash('sha256').update(token.text).digest('hex');
}
