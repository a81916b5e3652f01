/** Words that stand in examples, tutorials and first drafts; a secret made of them is public. */
const PUBLIC_WORDS =
  /(change[-_ ]?me|replace|example|default|development|password|passwort|secret|parley|postgres|admin|minio|test|123456|qwerty)/gi;

/** Fewer different characters than this can not carry the entropy that the length promises. */
const MIN_DISTINCT_CHARACTERS = 8;

/**
 * Why a secret is weak, or `null`. Words known to everybody are taken out first: what remains must be as
 * long as the minimum, so `change-me-please-…` padded to length stays weak.
 */
export function weaknessOf(secret: string, minLength: number): string | null {
  if (secret.length < minLength) return `must have at least ${String(minLength)} characters`;
  const unguessable = secret.replace(PUBLIC_WORDS, '');
  if (unguessable.length < minLength || new Set(unguessable).size < MIN_DISTINCT_CHARACTERS) {
    return 'is too easy to guess: use random characters, for example from `openssl rand -base64 48`';
  }
  return null;
}

/** Why the password inside a connection address is weak, or `null`; an address without one is left to the network. */
export function urlPasswordWeakness(address: string): string | null {
  const { username, password } = new URL(address);
  if (password === '') return null;
  const plain = decodeURIComponent(password);
  const guessable = plain === decodeURIComponent(username) || weaknessOf(plain, 12) !== null;
  return guessable ? 'holds a password that is short or easy to guess (at least 12 random characters)' : null;
}

/** As `urlPasswordWeakness`, of the first that is weak. */
export function urlListWeakness(addresses: string): string | null {
  return addresses.split(',').map(urlPasswordWeakness).find(Boolean) ?? null;
}
