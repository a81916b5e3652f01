import type { Inspector } from './tunnel.js';

/** Messages of PostgreSQL's protocol that matter here: a type byte, a length, a body. */
class Messages {
  private rest: Buffer = Buffer.alloc(0);

  /** Complete messages; `untyped` ones are those of the start of a connection. */
  *read(piece: Buffer): Generator<{ type: string; body: Buffer }> {
    this.rest = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece]);
    while (this.rest.length >= 5) {
      const length = this.rest.readInt32BE(1) + 1;
      if (this.rest.length < length) return;
      yield { type: String.fromCharCode(this.rest[0] ?? 0), body: this.rest.subarray(5, length) };
      this.rest = this.rest.subarray(length);
    }
  }
}

const READY_FOR_QUERY = 'Z';
const PARSE = 'P';
const BIND = 'B';
const SIMPLE_QUERY = 'Q';

/**
 * Cuts connections to PostgreSQL at the worst moment: the statement that writes has been committed, its answer is
 * on the way, and never arrives. The instance can not know; only the client's retry with the same id settles it.
 */
export class CommitCutter {
  /** Cuts still to be made. */
  armed = 0;
  cuts = 0;

  /** `writes` recognises the text of statements that commit a change. */
  constructor(private readonly writes: RegExp) {}

  inspector(): Inspector {
    let startedUp = false;
    const fromServer = new Messages();
    const fromClient = new Messages();
    const writing = new Map<string, boolean>();
    let pending = false;
    let first = true;
    return {
      fromClient: (piece) => {
        // The start-up message has no type byte; it comes alone, as the server must answer before anything else.
        if (first) {
          first = false;
          return 'pass';
        }
        for (const { type, body } of fromClient.read(piece)) {
          if (type === PARSE) {
            const [name = '', text = ''] = body.toString('latin1').split('\0', 2);
            writing.set(name, this.writes.test(text));
          } else if (type === BIND) {
            const [, statement = ''] = body.toString('latin1', 0, 200).split('\0', 2);
            pending ||= writing.get(statement) ?? false;
          } else if (type === SIMPLE_QUERY) pending ||= this.writes.test(body.toString('latin1'));
        }
        return 'pass';
      },
      fromServer: (piece) => {
        for (const { type, body } of fromServer.read(piece)) {
          if (type !== READY_FOR_QUERY) continue;
          startedUp = true;
          const idle = String.fromCharCode(body[0] ?? 0) === 'I';
          if (!pending || !idle) continue;
          pending = false;
          if (this.armed > 0 && startedUp) {
            this.armed -= 1;
            this.cuts += 1;
            return 'cut';
          }
        }
        return 'pass';
      },
    };
  }
}
