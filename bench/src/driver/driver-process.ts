// A process of its own that holds connections, sends and counts: what it takes of the processor is not the server's.
import { setTimeout as pause } from 'node:timers/promises';
import type { Ack, CommandInput, CommandResult } from '@parley/protocol';
import { monotonicMicros } from '../machine/monotonic.js';
import { newHistogram, packed, record } from './histogram.js';
import { intendedMoments, markedText } from './marked-text.js';
import { openLoop } from './open-loop.js';
import type {
  AnswerMessage,
  ConnectOrder,
  Connected,
  Counts,
  OrderMessage,
  OrderName,
  Orders,
  SendOrder,
  Sent,
} from './orders.js';
import type { Auth, RawSocketEvents } from './raw-socket.js';
import { RawSocket, TryAgain } from './raw-socket.js';

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

  async connect({ url, auths, atOnce }: ConnectOrder): Promise<Connected> {
    const began = performance.now();
    const queue = auths.map((auth, index) => ({ auth, at: this.sockets.length + index }));
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift())
        this.sockets[next.at] = await this.open(url, next.auth);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return { connected: auths.length, ms: performance.now() - began, retries: this.retries };
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

  count({ andReset }: { readonly andReset: boolean }): Counts {
    const { frames, bytes, messages, repeated, closed } = this;
    const counts = { frames, bytes, messages, repeated, closed, toArrival: packed(this.toArrival) };
    if (andReset) {
      this.frames = 0;
      this.bytes = 0;
      this.messages = 0;
      this.repeated = 0;
      this.countedFrom = monotonicMicros();
      this.toArrival = newHistogram();
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
const handlers: {
  [K in OrderName]: (order: Orders[K]['order']) => Orders[K]['answer'] | Promise<Orders[K]['answer']>;
} = {
  connect: (order) => driver.connect(order),
  send: (order) => driver.send(order),
  count: (order) => driver.count(order),
  disconnect: () => driver.disconnect(),
};

async function obey<K extends OrderName>({ id, name, order }: OrderMessage<K>): Promise<AnswerMessage> {
  try {
    return { id, answer: await handlers[name](order) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

process.on('message', (message: OrderMessage) => {
  void obey(message).then((answer) => process.send?.(answer));
});
// Whoever gives the orders is gone.
process.on('disconnect', () => process.exit(0));
