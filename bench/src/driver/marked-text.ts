/**
 * The text of a message begins with the moment at which it was to be sent. So whoever receives it knows how long it took,
 * counted from the intention: a generator or server that stalls can not hide what waited meanwhile (coordinated omission).
 */
const MARK = '~';
const IN_FRAME = Buffer.from(`"text":"${MARK}`);
const END = MARK.charCodeAt(0);

export function markedText(intendedMicros: number, length: number): string {
  return `${MARK}${intendedMicros}${MARK}`.padEnd(length, 'x');
}

/** The intended moments of all messages in a frame, without parsing the rest of it. */
export function* intendedMoments(frame: Buffer): Generator<number> {
  let at = frame.indexOf(IN_FRAME);
  while (at !== -1) {
    const start = at + IN_FRAME.length;
    const end = frame.indexOf(END, start);
    if (end === -1) return;
    yield Number(frame.toString('latin1', start, end));
    at = frame.indexOf(IN_FRAME, end);
  }
}
