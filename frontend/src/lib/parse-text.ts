/** What a message text is made of. Nothing here is ever put into the page as HTML. */
export type Inline =
  | { type: 'text'; text: string }
  | { type: 'link'; text: string; href: string }
  | { type: 'code'; text: string }
  | { type: 'mention'; text: string; username: string };

export type Block = { type: 'paragraph'; inlines: Inline[] } | { type: 'code'; text: string };

const FENCE = /^```[^\n`]*\n([\s\S]*?)\n?```[ \t]*$/gm;
/** Inline code, then web addresses, then mentions: whichever begins first wins. */
const TOKEN = /`([^`\n]+)`|\bhttps?:\/\/[^\s<>"'`]+|(?<![\p{L}\p{N}_.@-])@([A-Za-z0-9._-]{3,32})/giu;

const BRACKETS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

/** A sentence's own punctuation after an address is not part of it; a bracket is, when it was opened inside. */
function trimAddress(address: string): string {
  const unopened = new Map(
    Object.entries(BRACKETS).map(([closing, opening]) => [
      closing,
      count(address, closing) - count(address, opening),
    ]),
  );
  let end = address.length;
  for (; end > 0; end -= 1) {
    const last = address.charAt(end - 1);
    const surplus = unopened.get(last);
    if (surplus === undefined ? !/[.,;:!?*_~…]/u.test(last) : surplus <= 0) break;
    if (surplus !== undefined) unopened.set(last, surplus - 1);
  }
  return address.slice(0, end);
}

function webAddress(text: string): string | null {
  try {
    const url = new URL(text);
    // Only what is clicked to be read: never javascript:, data: or an address that hides its host behind a user name.
    const safe = (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '';
    return safe && url.hostname !== '' ? url.href : null;
  } catch {
    return null;
  }
}

export function parseInlines(text: string): Inline[] {
  const inlines: Inline[] = [];
  let at = 0;
  const textUpTo = (end: number): void => {
    if (end > at) inlines.push({ type: 'text', text: text.slice(at, end) });
  };
  for (const match of text.matchAll(TOKEN)) {
    const [whole, code, username] = match;
    if (match.index < at) continue;
    if (code !== undefined) {
      textUpTo(match.index);
      inlines.push({ type: 'code', text: code });
      at = match.index + whole.length;
    } else if (username !== undefined) {
      const name = username.replace(/[.-]+$/, '');
      if (name.length < 3) continue;
      textUpTo(match.index);
      inlines.push({ type: 'mention', text: `@${name}`, username: name.toLowerCase() });
      at = match.index + 1 + name.length;
    } else {
      const address = trimAddress(whole);
      const href = webAddress(address);
      if (href === null) continue;
      textUpTo(match.index);
      inlines.push({ type: 'link', text: address, href });
      at = match.index + address.length;
    }
  }
  textUpTo(text.length);
  return inlines;
}

export function parseText(text: string): Block[] {
  const blocks: Block[] = [];
  let at = 0;
  const paragraphUpTo = (end: number): void => {
    const part = text.slice(at, end).replace(/^\n+|\n+$/g, '');
    if (part !== '') blocks.push({ type: 'paragraph', inlines: parseInlines(part) });
  };
  for (const match of text.matchAll(FENCE)) {
    paragraphUpTo(match.index);
    blocks.push({ type: 'code', text: match[1] ?? '' });
    at = match.index + match[0].length;
  }
  paragraphUpTo(text.length);
  return blocks;
}

/** Whether the text is one to three emoji and nothing else: such a message is shown large. */
export function isEmojiOnly(text: string): boolean {
  const trimmed = text.trim();
  // The longest joined emoji stay below 40 UTF-16 units; what is longer need not be looked at.
  if (trimmed === '' || trimmed.length > 120) return false;
  const parts = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(trimmed)]
    .map((part) => part.segment)
    .filter((part) => part.trim() !== '');
  return (
    parts.length <= 3 &&
    parts.every((part) =>
      /^(?:\p{Emoji_Presentation}|\p{Regional_Indicator}|\p{Extended_Pictographic}\ufe0f|\p{Extended_Pictographic}[\u{1f3fb}-\u{1f3ff}\u200d])/u.test(
        part,
      ),
    )
  );
}
