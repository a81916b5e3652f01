import { USERNAME_MAX, USERNAME_MIN } from '@parley/protocol';
import { withoutCode } from './without-code.js';

/** Whom a text names; which of the names belong to members is the database's to say. */
export interface MentionedNames {
  /** In lower case. `@anna.` may mean `anna.` or, at the end of a sentence, `anna`: both are listed. */
  readonly names: readonly string[];
  readonly everyone: boolean;
}

/** Preceded by a letter or digit it is an address (`me@example.org`), not a mention. */
const MENTION = /(?<![\p{L}\p{N}_@])@([A-Za-z0-9._-]+)/gu;
const EVERYONE: ReadonlySet<string> = new Set(['all', 'channel']);
const ENDING = /[._-]$/;

/** Mentions in a text, those in code left out. Time and result grow with the length of the text only. */
export function findMentions(text: string): MentionedNames {
  if (!text.includes('@')) return { names: [], everyone: false };
  const names = new Set<string>();
  let everyone = false;
  for (const match of withoutCode(text).matchAll(MENTION)) {
    const possible = readings((match[1] ?? '').toLowerCase());
    if (possible.some((name) => EVERYONE.has(name))) everyone = true;
    else for (const name of possible) names.add(name);
  }
  return { names: [...names], everyone };
}

/** The name as written, and without each of the punctuation marks that it ends with. */
function readings(written: string): string[] {
  const names: string[] = [];
  // Marks beyond the longest name can only be punctuation; looking at no more of them bounds the work.
  let name = written.slice(0, USERNAME_MAX);
  const whole = name.length === written.length || ENDING.test(written.charAt(USERNAME_MAX));
  if (!whole) return [];
  while (name.length >= USERNAME_MIN) {
    names.push(name);
    if (!ENDING.test(name)) break;
    name = name.slice(0, -1);
  }
  return names;
}
