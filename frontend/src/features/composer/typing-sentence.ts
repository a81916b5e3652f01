/** Names of those who type, `null` where one is not known yet. */
export function typingSentence(names: readonly (string | null)[]): string | null {
  const [first, second] = names.map((name) => name ?? 'Someone');
  if (first === undefined) return null;
  if (second === undefined) return `${first} is typing`;
  if (names.length === 2) return `${first} and ${second} are typing`;
  return `${names.length} people are typing`;
}
