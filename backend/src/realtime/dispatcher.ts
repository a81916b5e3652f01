import type { Ack, RateBudget } from '@parley/protocol';
import { commands } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { ParleyError, unavailable } from '../infra/errors/parley-error.js';
import { toParleyError } from '../infra/errors/to-parley-error.js';
import { withDeadline } from '../infra/errors/with-deadline.js';
import { Logger } from '../infra/logger/logger.js';
import { Metrics } from '../infra/metrics/metrics.js';
import { newId } from '../infra/new-id.js';
import { RateLimits, limitedBy } from '../infra/rate-limits/rate-limits.js';
import type { RequestContext } from '../infra/request-context/request-context.js';
import { runInContext } from '../infra/request-context/request-context.js';
import { invalidFields, validateInput } from '../infra/validation/validate-input.js';
import { CommandTable, isCommandName } from './command-table.js';
import type { RealtimeSocket } from './realtime-socket.js';

/** Clients give a command up after 10 s; the answer "unknown, try again" comes before that. */
const COMMAND_DEADLINE_MS = 8_000;
/** Every ack of it tells the message budget, also where the command came to nothing before it was asked. */
const BUDGETED = 'message:send';
/** Unanswered commands of one socket: clients have a few, and a hundred users of it would fill the pool's queue. */
const IN_FLIGHT_MIN = 64;
/** Where RATE_LIMIT_SCALE lets one person send what thousands would, they have three seconds of it under way. */
const IN_FLIGHT_SHARE = 3 / 60;
const IN_FLIGHT_RETRY_MS = 250;
/** A frame names its command; a name that is not ours is not worth a label or a log line of its own length. */
const UNKNOWN_COMMAND = 'unknown';

type Answer = (ack: Ack<unknown>) => void;

/** Finds, validates and runs commands. Every one is answered exactly once, whatever goes wrong. */
@Injectable()
export class Dispatcher {
  private draining = false;
  private running = 0;
  private readonly inFlightMax: number;

  constructor(
    config: Config,
    private readonly table: CommandTable,
    private readonly limits: RateLimits,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    this.inFlightMax = Math.max(IN_FLIGHT_MIN, config.limits.commandsPerMinute * IN_FLIGHT_SHARE);
  }

  /** New commands answer UNAVAILABLE from now on; those under way finish. */
  startDraining(): void {
    this.draining = true;
  }

  /** Commands that are not answered yet. */
  get inFlight(): number {
    return this.running;
  }

  /** `parts` is what the frame held after the event name; the last may be the ack function. Never rejects. */
  async dispatch(socket: RealtimeSocket, event: unknown, parts: readonly unknown[]): Promise<void> {
    const last = parts.at(-1);
    const answer = typeof last === 'function' ? (last as Answer) : undefined;
    const payload = answer ? parts.slice(0, -1) : parts;
    const { userId, sessionId } = socket.data.identity;
    if (this.isTooMuch(socket, event, answer)) return;
    const action = isCommandName(event) ? event : UNKNOWN_COMMAND;
    const context: RequestContext = { requestId: newId(), userId, sessionId, action };

    this.running += 1;
    socket.data.inFlight += 1;
    const started = performance.now();
    await runInContext(context, async () => {
      let outcome = 'ok';
      try {
        const data = await withDeadline(this.run(socket, event, payload), COMMAND_DEADLINE_MS, action);
        answer?.({ ok: true, data, ...budgetIn(context) });
      } catch (thrown) {
        const error = this.errorFor(thrown);
        if (action === BUDGETED && !context.rate) await this.tellBudget(userId);
        outcome = error.code;
        answer?.({ ok: false, error: error.toObject(context.requestId), ...budgetIn(context) });
      }
      const ms = performance.now() - started;
      this.metrics.commandDuration.observe({ command: action, outcome }, ms / 1_000);
      this.logger.detail('A command was answered', { outcome, ms: Math.round(ms) });
    });
    this.running -= 1;
    socket.data.inFlight -= 1;
  }

  /** Before anything is made for the command: what is refused in masses must cost next to nothing. */
  private isTooMuch(socket: RealtimeSocket, event: unknown, answer: Answer | undefined): boolean {
    const { userId } = socket.data.identity;
    const refuse = (error: ParleyError): void => {
      if (answer) this.refuse(event, userId, answer, error);
    };
    const { budget, isSpent } = this.limits.count('commandsPerMinute', userId);
    if (isSpent) refuse(limitedBy('commandsPerMinute', budget));
    else if (socket.data.inFlight >= this.inFlightMax) {
      this.metrics.limitsHit.inc({ limit: 'commandsInFlight' });
      refuse(limitedBy('commandsInFlight', { resetMs: IN_FLIGHT_RETRY_MS }));
    } else return false;
    return true;
  }

  /** The budget of messages is asked for at most as often as the flood guard lets commands pass. */
  private refuse(event: unknown, userId: string, answer: Answer, refused: ParleyError): void {
    const error = refused.toObject(newId());
    if (event !== BUDGETED) {
      answer({ ok: false, error });
      return;
    }
    this.limits.peek('messagesPerMinute', userId).then(
      (rate) => {
        answer({ ok: false, error, rate });
      },
      () => {
        answer({ ok: false, error });
      },
    );
  }

  private async run(socket: RealtimeSocket, event: unknown, payload: readonly unknown[]): Promise<unknown> {
    await socket.data.ready;
    if (this.draining) throw unavailable('This instance is leaving. Please reconnect.');
    const { userId, sessionId } = socket.data.identity;
    if (!isCommandName(event)) throw new ParleyError('VALIDATION_FAILED', 'There is no such command.');
    const handler = this.table.find(event);
    if (!handler) throw new ParleyError('VALIDATION_FAILED', 'This server does not offer the command.');
    if (payload.length !== 1) {
      throw invalidFields([{ path: '', message: 'must be one object' }]);
    }
    const input = validateInput<object>(commands[event].input, payload[0]);
    return handler(input, { userId, sessionId, socketId: socket.id });
  }

  private async tellBudget(userId: string): Promise<void> {
    try {
      await this.limits.peek('messagesPerMinute', userId);
    } catch (error) {
      this.logger.failure('A budget could not be told', error, {}, 'warn');
    }
  }

  private errorFor(thrown: unknown): ParleyError {
    const error = toParleyError(thrown);
    if (error.code === 'INTERNAL') this.logger.failure('A command failed', error.cause ?? error);
    else if (error.code === 'UNAVAILABLE') {
      this.logger.failure('A command could not be served', error, {}, 'warn');
    }
    return error;
  }
}

function budgetIn(context: RequestContext): { rate?: RateBudget } {
  return context.rate && context.action === BUDGETED ? { rate: context.rate } : {};
}
