import { createHmac } from 'node:crypto';

const LIFE_SECONDS = 6 * 3_600;

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** An access token as the server makes them, signed with the secret that the bench has started it with. */
export function accessToken(secret: string, userId: string, sessionId: string): string {
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    sid: sessionId,
    iat: now,
    exp: now + LIFE_SECONDS,
    aud: 'parley-api',
    iss: 'parley',
    sub: userId,
  };
  const signed = `${encoded({ alg: 'HS256', typ: 'at+jwt' })}.${encoded(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
