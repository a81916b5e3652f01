function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase();
}

/**
 * Those whose title holds every word typed, accents and case aside; titles that begin with what was typed stand first.
 * The given order, latest activity first, decides among equals.
 */
export function matchingTitles<T>(items: readonly T[], query: string, titleOf: (item: T) => string): T[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...items];
  const start = words.join(' ');
  const matching = items
    .map((item) => ({ item, title: plain(titleOf(item)) }))
    .filter(({ title }) => words.every((word) => title.includes(word)));
  return [
    ...matching.filter(({ title }) => title.startsWith(start)),
    ...matching.filter(({ title }) => !title.startsWith(start)),
  ].map(({ item }) => item);
}
