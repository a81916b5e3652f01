import type { Listener } from './tap.js';

const CR_LF = '\r\n';

type Value = string | number | null | Value[];

/** One value of Redis' protocol from a place on; `null` where it is not whole yet. */
function valueAt(bytes: Buffer, start: number): { value: Value; next: number } | null {
  const lineEnd = bytes.indexOf(CR_LF, start);
  if (lineEnd === -1) return null;
  const type = String.fromCharCode(bytes[start] ?? 0);
  const line = bytes.toString('latin1', start + 1, lineEnd);
  const next = lineEnd + CR_LF.length;
  switch (type) {
    case '$':
    case '=': {
      const length = Number(line);
      if (length < 0) return { value: null, next };
      const end = next + length + CR_LF.length;
      return bytes.length < end ? null : { value: bytes.toString('latin1', next, next + length), next: end };
    }
    case '*':
    case '>':
    case '~':
    case '%': {
      const count = Number(line) * (type === '%' ? 2 : 1);
      const items: Value[] = [];
      let at = next;
      for (let index = 0; index < count; index += 1) {
        const item = valueAt(bytes, at);
        if (item === null) return null;
        items.push(item.value);
        at = item.next;
      }
      return { value: items, next: at };
    }
    case ':':
      return { value: Number(line), next };
    default:
      return { value: line, next };
  }
}

/** Calls `heard` with every whole message of one direction. */
function redisMessages(heard: (message: Value) => void): Listener {
  let pending: Buffer = Buffer.alloc(0);
  return (piece) => {
    pending = pending.length === 0 ? piece : Buffer.concat([pending, piece]);
    for (;;) {
      const message = valueAt(pending, 0);
      if (message === null) return;
      pending = pending.subarray(message.next);
      heard(message.value);
    }
  };
}

/** Calls `sent` with each command that a client sends, in lower case, and its first argument. */
export function redisCommands(sent: (name: string, argument: string) => void): Listener {
  return redisMessages((message) => {
    if (Array.isArray(message)) sent(String(message[0]).toLowerCase(), String(message[1] ?? ''));
  });
}

/** Calls `heard` with the channel of each message that a subscriber is sent, by name or by pattern, and the bytes in it. */
export function redisHeard(heard: (channel: string, bytes: number) => void): Listener {
  return redisMessages((message) => {
    if (!Array.isArray(message)) return;
    const [kind, ...parts] = message.map(String);
    if (kind === 'message' || kind === 'smessage' || kind === 'pmessage')
      heard(parts.at(-2) ?? '', parts.at(-1)?.length ?? 0);
  });
}

/** Calls `received` with the channel of each message that a subscriber is sent. */
export function redisPublished(received: (channel: string) => void): Listener {
  return redisMessages((message) => {
    if (Array.isArray(message) && (message[0] === 'message' || message[0] === 'smessage'))
      received(String(message[1]));
  });
}
