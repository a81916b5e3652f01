import type { Ack, RateBudget } from '@parley/protocol';
import { commands } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { ParleyError, unavailable } from '../infra/errors/parley-error.js';
import { toParleyError } from '../infra/errors/to-parley-error.js';
import { withDeadline } from '../infra/errors/with-deadline.js';
import { Logger } from '../infra/logger/logger.js';
import { Metrics } from '../infra/metrics/metrics.js';
import { newId } from '../infra/new-id.js';
import { RateLimits } from '../infra/rate-limits/rate-limits.js';
import type { RequestContext } from '../infra/request-context/request-context.js';
import { runInContext } from '../infra/request-context/request-context.js';
import { invalidFields, validateInput } from '../infra/validation/validate-input.js';
import { CommandTable, isCommandName } from './command-table.js';
import type { RealtimeSocket } from './realtime-socket.js';

/** Clients give a command up after 10 s; the answer "unknown, try again" comes before that. */
const COMMAND_DEADLINE_MS = 8_000;
/** Every ack of it tells the message budget, also where the command came to nothing before it was asked. */
const BUDGETED = 'message:send';
/** A frame names its command; a name that is not ours is not worth a label or a log line of its own length. */
const UNKNOWN_COMMAND = 'unknown';

type Answer = (ack: Ack<unknown>) => void;

/** Finds, validates and runs commands. Every one is answered exactly once, whatever goes wrong. */
@Injectable()
export class Dispatcher {
  private draining = false;
  private running = 0;

  constructor(
    private readonly table: CommandTable,
    private readonly limits: RateLimits,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {}

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
    const action = isCommandName(event) ? event : UNKNOWN_COMMAND;
    const context: RequestContext = { requestId: newId(), userId, sessionId, action };

    this.running += 1;
    const started = performance.now();
    let outcome = 'ok';
    await runInContext(context, async () => {
      try {
        const data = await withDeadline(this.run(socket, event, payload), COMMAND_DEADLINE_MS, action);
        answer?.({ ok: true, data, ...budgetIn(context) });
      } catch (thrown) {
        const error = this.errorFor(thrown);
        if (action === BUDGETED && !context.rate) await this.tellBudget(userId);
        outcome = error.code;
        answer?.({ ok: false, error: error.toObject(context.requestId), ...budgetIn(context) });
      }
    });
    this.running -= 1;
    this.metrics.commandDuration.observe({ command: action, outcome }, (performance.now() - started) / 1_000);
  }

  private async run(socket: RealtimeSocket, event: unknown, payload: readonly unknown[]): Promise<unknown> {
    await socket.data.ready;
    if (this.draining) throw unavailable('This instance is leaving. Please reconnect.');
    const { userId, sessionId } = socket.data.identity;
    await this.limits.consume('commandsPerMinute', userId);
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
