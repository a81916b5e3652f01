import { USERNAME_MAX, USERNAME_MIN } from '@parley/protocol';
import { withoutCode } from './without-code.js';

/** What a text calls for; who of these names are members is the store's to say. */
export interface MentionedNames {
  /**
   * Usernames in lower case. `@anna.` may mean `anna.` or, at the end of a sentence, `anna`: the list of one
   * place holds both, the longest first, and the first that is a member is meant.
   */
  readonly candidates: readonly (readonly string[])[];
  readonly all: boolean;
}

/** Preceded by a letter or digit it is an address (`me@example.org`), not a mention. */
const MENTION = /(?<![\p{L}\p{N}_@])@([A-Za-z0-9._-]+)/gu;
const EVERYONE: ReadonlySet<string> = new Set(['all', 'channel']);
const ENDING = /[._-]$/;

/** Mentions in a text, those in code left out. Time and result grow with the length of the text only. */
export function findMentions(text: string): MentionedNames {
  if (!text.includes('@')) return { candidates: [], all: false };
  const seen = new Set<string>();
  const candidates: (readonly string[])[] = [];
  let all = false;
  for (const match of withoutCode(text).matchAll(MENTION)) {
    const names = readings((match[1] ?? '').toLowerCase());
    if (names.some((name) => EVERYONE.has(name))) {
      all = true;
      continue;
    }
    const [longest] = names;
    if (longest === undefined || seen.has(longest)) continue;
    seen.add(longest);
    candidates.push(names);
  }
  return { candidates, all };
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

/** The members that are meant: at each place the longest reading that is a member. */
export function meantMembers(
  mentioned: MentionedNames,
  idByUsername: ReadonlyMap<string, string>,
): string[] {
  const ids = new Set<string>();
  for (const names of mentioned.candidates) {
    const name = names.find((candidate) => idByUsername.has(candidate));
    const id = name === undefined ? undefined : idByUsername.get(name);
    if (id !== undefined) ids.add(id);
  }
  return [...ids];
}
