import type {
  Applied,
  DatabaseConversation,
  DatabaseRow,
  Entry,
  FaultStart,
  Frame,
  Held,
  Invoke,
  Ok,
  Seen,
  Walk,
  WindowStart,
} from '../recording/entries.js';

type Of<K extends Entry['k']> = Extract<Entry, { k: K }>;

/** An operation with what became of it; `end` is infinite where it never ended. */
export interface Operation {
  invoke: Invoke;
  outcome: 'ok' | 'fail' | 'info';
  code: string;
  end: number;
  ok: Ok | null;
}

export interface FaultWindow {
  start: FaultStart;
  from: number;
  to: number;
  proof: string | null;
  missed: string | null;
  inFlight: number;
}

/** A device's connection to one instance. */
export interface Connection {
  device: string;
  instance: string;
  from: number;
  to: number;
  why: string;
  wanted: boolean;
}

/** A recording with the indexes that several judges need. */
export class Recorded {
  readonly operations: Operation[];
  /** Sends by conversation, sender and client id. */
  readonly sends = new Map<string, Operation[]>();
  readonly database = new Map<string, DatabaseConversation>();
  private readonly rowsBySeq = new Map<string, Map<number, DatabaseRow>>();
  readonly rowsByClientId = new Map<string, DatabaseRow[]>();
  readonly userOf = new Map<string, string>();
  readonly faults: FaultWindow[] = [];
  readonly connections: Connection[] = [];
  readonly quietAt: number;
  readonly endAt: number;
  /** The `t` of 0 as time of day, in ms; `NaN` where the recording does not tell. */
  private origin = Number.NaN;

  constructor(readonly entries: readonly Entry[]) {
    const operations = new Map<number, Operation>();
    const faults = new Map<number, FaultWindow>();
    const open = new Map<string, Connection>();
    let quietAt = Number.POSITIVE_INFINITY;
    let endAt = 0;
    for (const entry of entries) {
      endAt = Math.max(endAt, entry.t);
      switch (entry.k) {
        case 'run':
          this.origin = Date.parse(entry.startedAt) - entry.t;
          break;
        case 'invoke':
          operations.set(entry.op, {
            invoke: entry,
            outcome: 'info',
            code: 'never ended',
            end: Number.POSITIVE_INFINITY,
            ok: null,
          });
          break;
        case 'ok':
        case 'fail':
        case 'info':
          this.endOperation(operations.get(entry.op), entry);
          break;
        case 'device':
          this.userOf.set(entry.device, entry.user);
          break;
        case 'database':
          this.database.set(entry.conversation, entry);
          this.rowsBySeq.set(entry.conversation, new Map(entry.rows.map((row) => [row.seq, row])));
          for (const row of entry.rows) {
            if (row.clientMessageId === null) continue;
            push(this.rowsByClientId, sendKey(entry.conversation, row.sender, row.clientMessageId), row);
          }
          break;
        case 'fault-start':
          faults.set(entry.fault, {
            start: entry,
            from: entry.t,
            to: Number.POSITIVE_INFINITY,
            proof: null,
            missed: null,
            inFlight: 0,
          });
          break;
        case 'fault-bit': {
          const fault = faults.get(entry.fault);
          if (fault !== undefined) Object.assign(fault, { proof: entry.proof, inFlight: entry.inFlight });
          break;
        }
        case 'fault-missed': {
          const fault = faults.get(entry.fault);
          if (fault !== undefined) fault.missed = entry.why;
          break;
        }
        case 'fault-heal': {
          const fault = faults.get(entry.fault);
          if (fault !== undefined) fault.to = entry.t;
          break;
        }
        case 'connect': {
          const connection = {
            device: entry.device,
            instance: entry.instance,
            from: entry.t,
            to: Number.POSITIVE_INFINITY,
            why: '',
            wanted: false,
          };
          open.set(entry.device, connection);
          this.connections.push(connection);
          break;
        }
        case 'disconnect': {
          const connection = open.get(entry.device);
          if (connection !== undefined)
            Object.assign(connection, { to: entry.t, why: entry.why, wanted: entry.wanted });
          open.delete(entry.device);
          break;
        }
        case 'quiet':
          quietAt = Math.min(quietAt, entry.t);
          break;
        default:
      }
    }
    this.operations = [...operations.values()];
    for (const operation of this.operations) {
      const { action, conversation, user, clientMessageId } = operation.invoke;
      if (action === 'send' && clientMessageId !== undefined) {
        push(this.sends, sendKey(conversation, user, clientMessageId), operation);
      }
    }
    this.faults.push(...faults.values());
    this.quietAt = quietAt;
    this.endAt = endAt;
  }

  private endOperation(operation: Operation | undefined, entry: Of<'ok'> | Of<'fail'> | Of<'info'>): void {
    if (operation === undefined) return;
    operation.outcome = entry.k;
    operation.end = entry.t;
    if (entry.k === 'ok') operation.ok = entry;
    operation.code = entry.k === 'fail' ? entry.code : entry.k === 'info' ? entry.why : '';
  }

  /** When a server made the id of a row, which begins with the time (RFC 9562, version 7); `NaN` for another. */
  timeOfId(id: string): number {
    if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(id)) return Number.NaN;
    return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) - this.origin;
  }

  rowAt(conversation: string, seq: number): DatabaseRow | undefined {
    return this.rowsBySeq.get(conversation)?.get(seq);
  }

  all<K extends Entry['k']>(kind: K): Of<K>[] {
    return this.entries.filter((entry): entry is Of<K> => entry.k === kind);
  }

  /** Everything that any observer saw of messages, with who saw it. */
  *sightings(): Generator<{ observer: string; conversation: string; t: number; seen: Seen }> {
    for (const entry of this.entries) {
      switch (entry.k) {
        case 'frame':
        case 'applied':
        case 'window-start':
          for (const seen of entry.messages)
            yield {
              observer: `${entry.k} on ${entry.device}`,
              conversation: entry.conversation,
              t: entry.t,
              seen,
            };
          break;
        case 'held':
        case 'walk':
          for (const seen of entry.messages)
            yield {
              observer: `${entry.k} of ${entry.user}`,
              conversation: entry.conversation,
              t: entry.t,
              seen,
            };
          break;
        default:
      }
    }
    for (const { ok, invoke } of this.operations) {
      if (ok?.message !== undefined)
        yield {
          observer: `answer to ${invoke.user}`,
          conversation: invoke.conversation,
          t: ok.t,
          seen: ok.message,
        };
    }
  }

  frames(): Frame[] {
    return this.all('frame');
  }
  applied(): Applied[] {
    return this.all('applied');
  }
  windowStarts(): WindowStart[] {
    return this.all('window-start');
  }
  held(): Held[] {
    return this.all('held');
  }
  walks(): Walk[] {
    return this.all('walk');
  }
}

export function sendKey(conversation: string, sender: string, clientMessageId: string): string {
  return `${conversation} ${sender} ${clientMessageId}`;
}

export function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const held = map.get(key);
  if (held === undefined) map.set(key, [value]);
  else held.push(value);
}
