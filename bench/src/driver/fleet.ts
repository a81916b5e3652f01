import { setTimeout as pause } from 'node:timers/promises';
import { DriverProcess } from './driver-process-handle.js';
import type { Connected, Counts, Orders, Saturated, Sent } from './orders.js';
import type { Quantiles } from './histogram.js';
import { quantilesOf } from './histogram.js';
import type { Auth } from './raw-socket.js';

export interface Clients {
  readonly urlOf: (user: number) => string;
  /** By number, what each gives in the handshake. */
  readonly users: readonly number[];
  readonly senders: ReadonlySet<number>;
  readonly authOf: (user: number) => Auth;
  readonly atOnce: number;
}

export interface Sending {
  readonly targets: readonly { readonly user: number; readonly conversationId: string }[];
  readonly name: string;
  readonly perSecond: number;
  readonly durationMs: number;
  readonly textLength: number;
}

export interface Totals {
  readonly frames: number;
  readonly bytes: number;
  readonly messages: number;
  readonly repeated: number;
  readonly closed: number;
  readonly latency: Quantiles;
  /** Of the processes, the worst. */
  readonly receiverLagP99Ms: number;
  readonly driverCpu: number;
}

/** One process that sends, so that its schedule is not disturbed by what arrives, and others that only receive. */
export class Fleet {
  private readonly sender = new DriverProcess<Orders>('driver-process');
  private readonly receivers: DriverProcess<Orders>[];
  private senderUsers: number[] = [];

  constructor(receiverProcesses: number) {
    this.receivers = Array.from(
      { length: receiverProcesses },
      () => new DriverProcess<Orders>('driver-process'),
    );
  }

  private get all(): DriverProcess<Orders>[] {
    return [this.sender, ...this.receivers];
  }

  async connect({ urlOf, users, senders, authOf, atOnce }: Clients): Promise<Connected> {
    this.senderUsers = users.filter((user) => senders.has(user));
    const others = users.filter((user) => !senders.has(user));
    const parts = [
      this.senderUsers,
      ...this.receivers.map((_, at) => others.filter((_user, index) => index % this.receivers.length === at)),
    ];
    const answers = await Promise.all(
      this.all.map((driver, index) =>
        driver.ask('connect', {
          clients: (parts[index] ?? []).map((user) => ({ url: urlOf(user), auth: authOf(user) })),
          atOnce,
        }),
      ),
    );
    return {
      connected: answers.reduce((sum, { connected }) => sum + connected, 0),
      ms: Math.max(...answers.map(({ ms }) => ms)),
      retries: answers.reduce((sum, { retries }) => sum + retries, 0),
    };
  }

  send({ targets, ...sending }: Sending): Promise<Sent> {
    return this.sender.ask('send', { ...sending, targets: this.ofSender(targets) });
  }

  saturate({
    targets,
    ...sending
  }: Omit<Sending, 'perSecond'> & { readonly warmUpMs: number }): Promise<Saturated> {
    return this.sender.ask('saturate', { ...sending, targets: this.ofSender(targets) });
  }

  private ofSender(targets: Sending['targets']): { client: number; conversationId: string }[] {
    return targets.map(({ user, conversationId }) => ({
      client: this.senderUsers.indexOf(user),
      conversationId,
    }));
  }

  async count(options: { andReset: boolean }): Promise<Totals> {
    const counts = await Promise.all(this.all.map((driver) => driver.ask('count', options)));
    const sum = (of: (one: Counts) => number): number => counts.reduce((total, one) => total + of(one), 0);
    return {
      frames: sum(({ frames }) => frames),
      bytes: sum(({ bytes }) => bytes),
      messages: sum(({ messages }) => messages),
      repeated: sum(({ repeated }) => repeated),
      closed: sum(({ closed }) => closed),
      latency: quantilesOf(counts.map(({ toArrival }) => toArrival)),
      receiverLagP99Ms: Math.max(...counts.map(({ strain }) => strain.lagP99Ms)),
      driverCpu: Math.max(...counts.map(({ strain }) => strain.cpu)),
    };
  }

  /** Waits until so many messages have arrived since the counts began; what is missing then is lost. */
  async arrived(messages: number, withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (performance.now() < deadline) {
      const counts = await Promise.all(this.all.map((driver) => driver.ask('count', { andReset: false })));
      if (counts.reduce((sum, one) => sum + one.messages, 0) >= messages) return;
      await pause(50);
    }
  }

  async disconnect(): Promise<void> {
    await Promise.all(this.all.map((driver) => driver.ask('disconnect', {})));
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((driver) => driver.stop()));
  }
}
