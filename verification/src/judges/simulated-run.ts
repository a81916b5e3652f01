import type { DatabaseRow, Entry, OutboxConversation, Seen } from '../recording/entries.js';

type Untimed<E> = E extends unknown ? Omit<E, 't'> : never;

const CONVERSATION = 'c1';
/** Long enough for processes to be warm and compared. */
const QUIET_S = 60;

interface SimulatedDevice {
  name: string;
  user: string;
  rev: number;
  shown: Map<number, Seen>;
  readSeq: number;
}

/**
 * A small run in which everything is right, made without a server: the judges must find nothing in it, and what is
 * then changed in it must be found and named.
 */
export class SimulatedRun {
  readonly entries: Entry[] = [];
  readonly conversation = CONVERSATION;
  private t = 0;
  private op = 0;
  private seq = 0;
  private rev = 0;
  private readonly rows = new Map<number, DatabaseRow & { text: string }>();
  private readonly jobs: OutboxConversation['rows'] = [];
  private readonly devices: SimulatedDevice[] = [];
  private members: string[];
  private readonly everyone: string[];
  private readonly queued = new Map<string, number>();
  private readonly pointers = new Map<string, number>();

  constructor(users: string[]) {
    this.everyone = users;
    this.members = [...users];
    this.write({ k: 'run', seed: 1, mode: 'planted', instances: 2, startedAt: '2026-01-01T00:00:00.000Z' });
    for (const user of users) this.write({ k: 'user', user, name: user });
    this.write({ k: 'process', process: 'api-1', pid: 11, instance: 'i1', readyMs: 0 });
    this.write({ k: 'process', process: 'api-2', pid: 12, instance: 'i2', readyMs: 0 });
    this.write({
      k: 'conversation',
      conversation: CONVERSATION,
      label: 'simulated',
      kind: 'group',
      members: users,
    });
    this.addRow('system', users[0] ?? '', null, '', { type: 'created', userIds: [] });
    for (const user of users) {
      for (const number of [1, 2])
        this.connectDevice(user, `${user}/${String(number)}`, `i${String(number)}`);
    }
  }

  private write(entry: Untimed<Entry>): Entry {
    const stamped = { ...entry, t: this.t };
    this.entries.push(stamped);
    return stamped;
  }

  pass(ms: number): void {
    this.t += ms;
  }

  private connectDevice(user: string, name: string, instance: string): void {
    this.write({ k: 'device', device: name, user, driver: 'raw' });
    this.write({ k: 'connect', device: name, connection: 1, instance, epoch: 'e' });
    const device = { name, user, rev: this.rev, shown: new Map<number, Seen>(), readSeq: 0 };
    this.devices.push(device);
    this.startWindow(device);
  }

  private startWindow(device: SimulatedDevice): void {
    device.rev = this.rev;
    device.shown = new Map([...this.rows.values()].map((row) => [row.seq, seenOf(row)]));
    this.write({
      k: 'window-start',
      device: device.name,
      conversation: CONVERSATION,
      rev: this.rev,
      messages: [...device.shown.values()],
      why: 'open',
    });
  }

  private addRow(
    kind: 'text' | 'system',
    sender: string,
    clientMessageId: string | null,
    text: string,
    system: DatabaseRow['system'],
    mentioned: string | null = null,
  ): Seen {
    this.seq += 1;
    this.rev += 1;
    const row = {
      id: `m${String(this.seq)}`,
      seq: this.seq,
      rev: this.rev,
      sender,
      clientMessageId,
      kind,
      core: `${text}@0`,
      deleted: false,
      ...(mentioned === null ? {} : { mentions: [mentioned] }),
      system,
      text,
    };
    this.rows.set(this.seq, row);
    this.jobs.push({ rev: row.rev, message: row.id, done: true });
    return seenOf(row);
  }

  private deliver(message: Seen): void {
    for (const device of this.devices) {
      if (!this.members.includes(device.user)) continue;
      this.t += 1;
      this.write({
        k: 'frame',
        device: device.name,
        connection: 1,
        event: 'changes',
        conversation: CONVERSATION,
        fromRev: message.rev - 1,
        toRev: message.rev,
        messages: [message],
      });
      this.write({
        k: 'applied',
        device: device.name,
        conversation: CONVERSATION,
        from: device.rev,
        to: message.rev,
        via: 'live',
        messages: [message],
      });
      device.rev = message.rev;
      device.shown.set(message.seq, message);
    }
    this.tellOf(message.sender);
  }

  /** What has no number: how far the sender has read and that they are there, to those who may know. */
  private tellOf(sender: string): void {
    for (const { name, user } of this.devices) {
      if (!this.members.includes(user)) continue;
      this.write({
        k: 'heard',
        device: name,
        connection: 1,
        event: 'receipts',
        conversations: [CONVERSATION],
        users: [sender],
      });
      this.write({
        k: 'heard',
        device: name,
        connection: 1,
        event: 'presence',
        conversations: [],
        users: [sender],
      });
    }
  }

  private unread(user: string): { unread: number; mentions: number } {
    const readSeq = this.pointers.get(user) ?? 0;
    const unread = [...this.rows.values()].filter(
      (row) => row.kind === 'text' && row.sender !== user && row.seq > readSeq,
    );
    return {
      unread: unread.length,
      mentions: unread.filter(({ mentions }) => mentions?.includes(user)).length,
    };
  }

  private begin(
    entry: Omit<Extract<Untimed<Entry>, { k: 'invoke' }>, 'k' | 'op' | 'target' | 'conversation'>,
  ): number {
    this.op += 1;
    this.write({ k: 'invoke', op: this.op, target: null, conversation: CONVERSATION, ...entry });
    this.t += 2;
    return this.op;
  }

  send(device: string, clientMessageId: string, repeats = 0, mentioned: string | null = null): void {
    const user = device.split('/')[0] ?? '';
    const n = (this.queued.get(device) ?? 0) + 1;
    this.queued.set(device, n);
    this.t += 5;
    this.write({ k: 'enqueue', device, conversation: CONVERSATION, clientMessageId, n });
    const op = this.begin({
      action: 'send',
      user,
      device,
      via: 'socket',
      clientMessageId,
      attempt: 0,
      repeat: false,
    });
    const message = this.addRow('text', user, clientMessageId, `text of ${clientMessageId}`, null, mentioned);
    this.pointers.set(user, message.seq);
    this.write({ k: 'ok', op, message, duplicate: false });
    this.deliver(message);
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const again = this.begin({
        action: 'send',
        user,
        device,
        via: 'rest',
        clientMessageId,
        attempt: 0,
        repeat: true,
      });
      this.write({ k: 'ok', op: again, message, duplicate: true });
    }
  }

  edit(device: string, seq: number): void {
    const row = this.rows.get(seq);
    if (row === undefined) throw new Error(`no message ${String(seq)}`);
    const op = this.begin({ action: 'edit', user: row.sender, device, via: 'socket', messageId: row.id });
    this.rev += 1;
    row.rev = this.rev;
    this.jobs.push({ rev: row.rev, message: row.id, done: true });
    row.core = `${row.text}@${String(this.rev)}`;
    const message = seenOf(row);
    this.write({ k: 'ok', op, message });
    this.deliver(message);
  }

  read(device: string, seq: number): void {
    const user = device.split('/')[0] ?? '';
    const op = this.begin({ action: 'read', user, device, via: 'rest', seq });
    const readSeq = Math.max(this.pointers.get(user) ?? 0, seq);
    this.pointers.set(user, readSeq);
    this.write({ k: 'ok', op, readSeq, unread: 0 });
    const { unread } = this.unread(user);
    this.write({ k: 'told', device, user, conversation: CONVERSATION, lastSeq: this.seq, readSeq, unread });
  }

  remove(user: string): void {
    const op = this.begin({
      action: 'remove',
      user: this.everyone[0] ?? '',
      device: null,
      via: 'rest',
      subjects: [user],
      attempt: 0,
    });
    const message = this.addRow('system', this.everyone[0] ?? '', null, '', {
      type: 'members-removed',
      userIds: [user],
    });
    this.deliver(message);
    this.members = this.members.filter((member) => member !== user);
    this.write({ k: 'ok', op });
    for (const device of this.devices) {
      if (device.user === user)
        this.write({ k: 'window-end', device: device.name, conversation: CONVERSATION, why: 'removed' });
    }
  }

  add(user: string): void {
    this.t += 50;
    const op = this.begin({
      action: 'add',
      user: this.everyone[0] ?? '',
      device: null,
      via: 'rest',
      subjects: [user],
      attempt: 0,
    });
    const message = this.addRow('system', this.everyone[0] ?? '', null, '', {
      type: 'members-added',
      userIds: [user],
    });
    this.members.push(user);
    this.write({ k: 'ok', op });
    for (const device of this.devices) if (device.user === user) this.startWindow(device);
    const fresh = this.devices.filter((device) => device.user === user).map(({ name }) => name);
    for (const device of this.devices) {
      if (fresh.includes(device.name) || !this.members.includes(device.user)) continue;
      this.write({
        k: 'applied',
        device: device.name,
        conversation: CONVERSATION,
        from: device.rev,
        to: message.rev,
        via: 'live',
        messages: [message],
      });
      device.rev = message.rev;
      device.shown.set(message.seq, message);
    }
  }

  fault(name: string, affects: 'redis' | 'postgres' | 'instance', ms: number, during: () => void): void {
    this.write({ k: 'fault-start', fault: 1, name, target: name, affects, process: null, blocking: true });
    this.write({ k: 'fault-bit', fault: 1, proof: 'simulated', inFlight: 1 });
    during();
    this.t += ms;
    this.write({ k: 'fault-heal', fault: 1 });
  }

  private sample(): void {
    for (const [index, pid] of [11, 12].entries())
      this.write({
        k: 'sample',
        process: `api-${String(index + 1)}`,
        pid,
        rssBytes: 200 * 1_048_576,
        handles: 60,
      });
  }

  end(): Entry[] {
    this.t += 100;
    this.write({ k: 'quiet' });
    this.sample();
    for (let second = 0; second < QUIET_S; second += 2) {
      this.t += 2_000;
      this.sample();
    }
    const rows = [...this.rows.values()];
    for (const device of this.devices) {
      if (!this.members.includes(device.user)) continue;
      this.write({
        k: 'held',
        device: device.name,
        user: device.user,
        conversation: CONVERSATION,
        connected: true,
        rev: device.rev,
        readSeq: this.pointers.get(device.user) ?? 0,
        ...this.unread(device.user),
        messages: [...device.shown.values()].sort((left, right) => left.seq - right.seq),
      });
    }
    this.write({
      k: 'database',
      conversation: CONVERSATION,
      lastSeq: this.seq,
      lastRev: this.rev,
      rows: rows.map(({ text: _, ...row }) => ({ ...row })),
      members: this.everyone.map((user) => ({
        user,
        readSeq: this.pointers.get(user) ?? 0,
        left: !this.members.includes(user),
      })),
    });
    this.write({ k: 'outbox', conversation: CONVERSATION, certainFrom: 1, rows: this.jobs });
    for (const user of this.everyone) {
      const readSeq = this.pointers.get(user) ?? 0;
      const member = this.members.includes(user);
      this.write({
        k: 'walk',
        user,
        conversation: CONVERSATION,
        status: member ? 200 : 404,
        lastSeq: this.seq,
        lastRev: this.rev,
        readSeq,
        ...this.unread(user),
        markedUnread: false,
        messages: member ? rows.map(seenOf) : [],
      });
    }
    this.write({ k: 'end' });
    return this.entries;
  }
}

function seenOf(row: DatabaseRow): Seen {
  return {
    id: row.id,
    seq: row.seq,
    rev: row.rev,
    core: row.core,
    full: `full ${row.core}`,
    sender: row.sender,
    clientMessageId: row.clientMessageId,
    kind: row.kind,
    ...(row.mentions === undefined ? {} : { mentions: row.mentions }),
  };
}
