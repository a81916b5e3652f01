import type { Message, SentMessage } from '@parley/protocol';
import type { Random } from '../random.js';
import { seenOf } from '../recording/digest.js';
import type { Recorder } from '../recording/recorder.js';
import type { Device } from './device.js';
import type { Outcome } from './outcome.js';
import { needsToken, sleep } from './outcome.js';

export interface Sending {
  conversation: string;
  clientMessageId: string;
  text: string;
  replyToId?: string;
  threadRootId?: string;
}

/** Sends one message once, over the socket or over REST, and writes down what became of it. */
export async function attemptSend(
  device: Device,
  recorder: Recorder,
  sending: Sending,
  how: { via: 'socket' | 'rest'; to?: string; target?: string; attempt: number; repeat: boolean },
): Promise<Outcome<Message>> {
  const op = recorder.op();
  recorder.write({
    k: 'invoke',
    op,
    action: 'send',
    user: device.userId,
    device: device.name,
    via: how.via,
    target: how.target ?? null,
    conversation: sending.conversation,
    clientMessageId: sending.clientMessageId,
    attempt: how.attempt,
    repeat: how.repeat,
  });
  const { conversation, ...body } = sending;
  let outcome: Outcome<Message>;
  let duplicate = false;
  if (how.via === 'socket') {
    const answer = await device.command<SentMessage>('message:send', {
      conversationId: conversation,
      ...body,
    });
    if (answer.kind === 'ok') duplicate = answer.data.duplicate === true;
    outcome = answer.kind === 'ok' ? { ...answer, data: answer.data.message } : answer;
  } else {
    outcome = await device.session.call<Message>(
      'POST',
      `/conversations/${conversation}/messages`,
      body,
      how.to === undefined ? {} : { to: how.to },
    );
    if (outcome.kind === 'ok') duplicate = outcome.status === 200;
  }
  if (outcome.kind === 'ok') recorder.write({ k: 'ok', op, message: seenOf(outcome.data), duplicate });
  else if (outcome.kind === 'refused') recorder.write({ k: 'fail', op, code: outcome.code });
  else recorder.write({ k: 'info', op, why: outcome.why });
  return outcome;
}

/** The queue of one device: one send at a time a conversation, the same id until it is answered. */
export class Outbox {
  private readonly queues = new Map<string, Sending[]>();
  private readonly counts = new Map<string, number>();
  private stopped = false;
  private sent = 0;

  constructor(
    private readonly device: Device,
    private readonly recorder: Recorder,
    private readonly random: Random,
  ) {}

  get waiting(): number {
    let total = 0;
    for (const queue of this.queues.values()) total += queue.length;
    return total;
  }

  push(
    conversation: string,
    text: string,
    more: { replyToId?: string; threadRootId?: string } = {},
  ): Sending {
    const n = (this.counts.get(conversation) ?? 0) + 1;
    this.counts.set(conversation, n);
    this.sent += 1;
    const clientMessageId = `${this.device.name.replace('/', '-')}-${String(this.sent)}-${conversation.slice(-6)}`;
    const sending: Sending = { conversation, clientMessageId, text, ...more };
    this.recorder.write({ k: 'enqueue', device: this.device.name, conversation, clientMessageId, n });
    const queue = this.queues.get(conversation);
    if (queue === undefined) {
      const started = [sending];
      this.queues.set(conversation, started);
      void this.work(conversation, started);
    } else queue.push(sending);
    return sending;
  }

  stop(): void {
    this.stopped = true;
  }

  private async work(conversation: string, queue: Sending[]): Promise<void> {
    for (let sending = queue[0]; sending !== undefined && !this.stopped; sending = queue[0]) {
      await this.settle(sending);
      queue.shift();
    }
    this.queues.delete(conversation);
  }

  private async settle(sending: Sending): Promise<void> {
    for (let attempt = 0; !this.stopped; attempt += 1) {
      // Most go over the socket; some over REST, as bots do; a retry takes whichever way is open.
      const overSocket = this.device.live && !this.random.chance(0.15);
      const outcome = await attemptSend(this.device, this.recorder, sending, {
        via: overSocket ? 'socket' : 'rest',
        attempt,
        repeat: false,
      });
      if (outcome.kind === 'ok') return;
      if (outcome.kind === 'refused') {
        if (!needsToken(outcome) || this.device.session.ended || !(await this.device.session.refresh()))
          return;
        continue;
      }
      await sleep(Math.max(outcome.retryAfterMs, this.random.next() * Math.min(3_000, 250 * 2 ** attempt)));
    }
  }
}
