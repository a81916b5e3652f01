import { setTimeout as pause } from 'node:timers/promises';
import { DriverProcess } from './driver-process-handle.js';
import type { Connected, Counts, Sent } from './orders.js';
import type { Quantiles } from './histogram.js';
import { quantilesOf } from './histogram.js';
import type { Auth } from './raw-socket.js';

export interface Clients {
  readonly url: string;
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
}

/** One process that sends, so that its schedule is not disturbed by what arrives, and others that only receive. */
export class Fleet {
  private readonly sender = new DriverProcess();
  private readonly receivers: DriverProcess[];
  private senderUsers: number[] = [];

  constructor(receiverProcesses: number) {
    this.receivers = Array.from({ length: receiverProcesses }, () => new DriverProcess());
  }

  private get all(): DriverProcess[] {
    return [this.sender, ...this.receivers];
  }

  async connect({ url, users, senders, authOf, atOnce }: Clients): Promise<Connected> {
    this.senderUsers = users.filter((user) => senders.has(user));
    const others = users.filter((user) => !senders.has(user));
    const parts = [
      this.senderUsers,
      ...this.receivers.map((_, at) => others.filter((_user, index) => index % this.receivers.length === at)),
    ];
    const answers = await Promise.all(
      this.all.map((driver, index) =>
        driver.ask('connect', { url, auths: (parts[index] ?? []).map(authOf), atOnce }),
      ),
    );
    return {
      connected: answers.reduce((sum, { connected }) => sum + connected, 0),
      ms: Math.max(...answers.map(({ ms }) => ms)),
      retries: answers.reduce((sum, { retries }) => sum + retries, 0),
    };
  }

  send({ targets, ...sending }: Sending): Promise<Sent> {
    return this.sender.ask('send', {
      ...sending,
      targets: targets.map(({ user, conversationId }) => ({
        client: this.senderUsers.indexOf(user),
        conversationId,
      })),
    });
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
