import type { Listener } from './tap.js';

/** The types of messages that matter, as PostgreSQL's documents name them. */
const QUERY = 0x51;
const PARSE = 0x50;
const BIND = 0x42;
const EXECUTE = 0x45;

const HEAD_BYTES = 5;

/** A zero-terminated text. */
function textAt(body: Buffer, start: number): { text: string; next: number } {
  const end = body.indexOf(0, start);
  return { text: body.toString('utf8', start, end), next: end + 1 };
}

/**
 * Calls `executed` with the text of every statement that a client has PostgreSQL execute, over one connection. It follows the
 * frontend messages of the protocol (version 3): parsed once, bound and executed often.
 */
export function postgresStatements(executed: (sql: string) => void): Listener {
  const statements = new Map<string, string>();
  const portals = new Map<string, string>();
  let pending: Buffer = Buffer.alloc(0);
  let started = false;

  const heard = (type: number, body: Buffer): void => {
    if (type === QUERY) executed(textAt(body, 0).text);
    else if (type === PARSE) {
      const name = textAt(body, 0);
      statements.set(name.text, textAt(body, name.next).text);
    } else if (type === BIND) {
      const portal = textAt(body, 0);
      portals.set(portal.text, statements.get(textAt(body, portal.next).text) ?? '');
    } else if (type === EXECUTE) executed(portals.get(textAt(body, 0).text) ?? '');
  };

  return (piece) => {
    pending = pending.length === 0 ? piece : Buffer.concat([pending, piece]);
    for (;;) {
      // The first message has no type.
      const head = started ? HEAD_BYTES : HEAD_BYTES - 1;
      if (pending.length < head) return;
      const end = head + pending.readUInt32BE(head - 4) - 4;
      if (pending.length < end) return;
      if (started) heard(pending[0] ?? 0, pending.subarray(head, end));
      started = true;
      pending = pending.subarray(end);
    }
  };
}

/** A short name for a statement: what it does, and to which table or function. A setting is not what it is about. */
export function nameOfStatement(sql: string): string {
  const text = sql.replaceAll(/--.*$/gm, '').replaceAll(/\s+/g, ' ').trim();
  const verb = (/^\w+/.exec(text)?.[0] ?? '').toUpperCase();
  const called = /^SELECT (?:.* FROM )?(?!unnest|generate_series)([a-z_]+)\(/i.exec(text)?.[1];
  const target =
    /\b(?:FROM|INTO|UPDATE)\s+(?:ONLY\s+)?(?:"public"\.)?(?!set_config\b)"?([a-z_]+)"?/i.exec(text)?.[1] ??
    called ??
    '';
  return target === '' ? verb : `${verb} ${target}`;
}
