/** The beginning of a mention that is being typed: `@` and what follows it up to the caret. */
export function mentionAt(text: string, caret: number): { start: number; query: string } | null {
  const match = /(?:^|[\s([{])@([A-Za-z0-9._-]{0,32})$/.exec(text.slice(0, caret));
  const query = match?.[1];
  return query === undefined ? null : { start: caret - query.length - 1, query: query.toLowerCase() };
}

/** Puts a piece in place of what stands from `from` to `to`; the caret stands after it. */
export function insertAt(
  text: string,
  piece: string,
  from: number,
  to: number,
): { text: string; caret: number } {
  return { text: text.slice(0, from) + piece + text.slice(to), caret: from + piece.length };
}
