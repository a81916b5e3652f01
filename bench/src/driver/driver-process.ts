// A process of its own that holds connections, sends and counts: what it takes of the processor is not the server's.
import { setTimeout as pause } from 'node:timers/promises';
import type { Ack, CommandInput, CommandResult } from '@parley/protocol';
import { monotonicMicros } from '../machine/monotonic.js';
import { newHistogram, packed, record } from './histogram.js';
import { intendedMoments, markedText } from './marked-text.js';
import { openLoop } from './open-loop.js';
import { obey } from './order-messages.js';
import type {
  ConnectOrder,
  Connected,
  Counts,
  Orders,
  SaturateOrder,
  Saturated,
  SendOrder,
  Sent,
} from './orders.js';
import type { Auth, RawSocketEvents } from './raw-socket.js';
import { RawSocket, TryAgain } from './raw-socket.js';
import { StrainGauge } from './strain.js';

const ACKS_WITHIN_MS = 15_000;
const RETRY_MS = 100;

type OnAck = (answer: string) => void;

class Driver {
  private readonly sockets: RawSocket[] = [];
  private readonly waiting = new Map<RawSocket, Map<number, OnAck>>();
  private frames = 0;
  private bytes = 0;
  private messages = 0;
  private repeated = 0;
  private countedFrom = 0;
  private closed = 0;
  private retries = 0;
  private toArrival = newHistogram();
  private readonly strain = new StrainGauge();

  async connect({ clients, atOnce }: ConnectOrder): Promise<Connected> {
    const began = performance.now();
    const queue = clients.map((client, index) => ({ ...client, at: this.sockets.length + index }));
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift())
        this.sockets[next.at] = await this.open(next.url, next.auth);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return { connected: clients.length, ms: performance.now() - began, retries: this.retries };
  }

  private async open(url: string, auth: Auth): Promise<RawSocket> {
    const acks = new Map<number, OnAck>();
    const events: RawSocketEvents = {
      event: (frame) => this.received(frame),
      ack: (id, answer) => {
        acks.get(id)?.(answer);
        acks.delete(id);
      },
      closed: () => {
        this.closed += 1;
      },
    };
    for (;;) {
      try {
        const socket = await RawSocket.open(url, auth, events);
        this.waiting.set(socket, acks);
        return socket;
      } catch (error) {
        if (!(error instanceof TryAgain)) throw error;
        this.retries += 1;
        await pause(RETRY_MS * (1 + Math.random()));
      }
    }
  }

  private received(frame: Buffer): void {
    this.frames += 1;
    this.bytes += frame.length;
    const arrived = monotonicMicros();
    for (const intended of intendedMoments(frame)) {
      if (intended < this.countedFrom) {
        this.repeated += 1;
        continue;
      }
      this.messages += 1;
      record(this.toArrival, arrived - intended);
    }
  }

  async send({ targets, name, perSecond, durationMs, textLength }: SendOrder): Promise<Sent> {
    const lag = newHistogram();
    const toAck = newHistogram();
    const refused: Record<string, number> = {};
    let acknowledged = 0;
    let open = 0;
    const sent = await openLoop(perSecond, durationMs, (index, intended) => {
      const target = targets[index % targets.length];
      const socket = target === undefined ? undefined : this.sockets[target.client];
      if (target === undefined || socket === undefined) throw new Error('There is no such connection');
      record(lag, monotonicMicros() - intended);
      const input: CommandInput<'message:send'> = {
        conversationId: target.conversationId,
        clientMessageId: `${name}-${String(index)}`,
        text: markedText(intended, textLength),
      };
      open += 1;
      this.waiting.get(socket)?.set(socket.command('message:send', input), (text) => {
        open -= 1;
        const [answer] = JSON.parse(text) as [Ack<CommandResult<'message:send'>>];
        if (answer.ok) {
          acknowledged += 1;
          record(toAck, monotonicMicros() - intended);
        } else refused[answer.error.code] = (refused[answer.error.code] ?? 0) + 1;
      });
    });
    const deadline = performance.now() + ACKS_WITHIN_MS;
    while (open > 0 && performance.now() < deadline) await pause(10);
    return { sent, acknowledged, refused, lag: packed(lag), toAck: packed(toAck) };
  }

  async saturate({ targets, name, warmUpMs, durationMs, textLength }: SaturateOrder): Promise<Saturated> {
    const refused: Record<string, number> = {};
    const from = performance.now() + warmUpMs;
    const until = from + durationMs;
    let acknowledged = 0;
    const one = (target: SaturateOrder['targets'][number], who: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const socket = this.sockets[target.client];
        const acks = socket && this.waiting.get(socket);
        if (!acks) {
          reject(new Error('There is no such connection'));
          return;
        }
        let index = 0;
        const next = (): void => {
          const input: CommandInput<'message:send'> = {
            conversationId: target.conversationId,
            clientMessageId: `${name}-${String(who)}-${String(index)}`,
            text: markedText(0, textLength),
          };
          index += 1;
          acks.set(socket.command('message:send', input), (text) => {
            const now = performance.now();
            const [answer] = JSON.parse(text) as [Ack<unknown>];
            if (!answer.ok) refused[answer.error.code] = (refused[answer.error.code] ?? 0) + 1;
            else if (now >= from && now < until) acknowledged += 1;
            if (now < until) next();
            else resolve();
          });
        };
        next();
      });
    await Promise.all(targets.map(one));
    return { acknowledged, seconds: durationMs / 1_000, refused };
  }

  count({ andReset }: { readonly andReset: boolean }): Counts {
    const { frames, bytes, messages, repeated, closed } = this;
    const strain = this.strain.read();
    const counts = { frames, bytes, messages, repeated, closed, strain, toArrival: packed(this.toArrival) };
    if (andReset) {
      this.frames = 0;
      this.bytes = 0;
      this.messages = 0;
      this.repeated = 0;
      this.countedFrom = monotonicMicros();
      this.toArrival = newHistogram();
      this.strain.reset();
    }
    return counts;
  }

  disconnect(): Record<string, never> {
    for (const socket of this.sockets) socket.close();
    this.sockets.length = 0;
    this.waiting.clear();
    return {};
  }
}

const driver = new Driver();
obey<Orders>({
  connect: (order) => driver.connect(order),
  send: (order) => driver.send(order),
  saturate: (order) => driver.saturate(order),
  count: (order) => driver.count(order),
  disconnect: () => driver.disconnect(),
});
