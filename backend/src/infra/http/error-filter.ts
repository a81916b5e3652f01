import type { ErrorAnswer } from '@parley/protocol';
import { ERROR_STATUS } from '@parley/protocol';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, HttpException, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ParleyError } from '../errors/parley-error.js';
import { toParleyError } from '../errors/to-parley-error.js';
import { Logger } from '../logger/logger.js';
import { newId } from '../new-id.js';
import { currentContext } from '../request-context/request-context.js';

/** Faults that Nest and Fastify find before a controller is reached; their texts may echo the request. */
function fromHttpStatus(status: number, thrown: unknown): ParleyError {
  if (status === 404) return new ParleyError('NOT_FOUND', 'There is no such route.');
  if (status === 413)
    return new ParleyError('PAYLOAD_TOO_LARGE', 'The request is too large.', { limit: 'body' });
  if (status === 415) return new ParleyError('UNSUPPORTED_TYPE', 'The body must be application/json.');
  if (status === 503) return new ParleyError('UNAVAILABLE', 'The server can not do this at the moment.');
  if (status >= 400 && status < 500) {
    return new ParleyError('VALIDATION_FAILED', 'The request could not be read.', {
      fields: [{ path: '', message: 'must be JSON that can be read' }],
    });
  }
  return new ParleyError('INTERNAL', 'Something went wrong on the server.', { cause: thrown });
}

function statusOf(thrown: unknown): number | null {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (typeof thrown !== 'object' || thrown === null) return null;
  const status: unknown = Reflect.get(thrown, 'statusCode');
  return typeof status === 'number' ? status : null;
}

/** Answers every failure of a REST request with the one error object. What stays inside is logged, not sent. */
@Catch()
@Injectable()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const status = thrown instanceof ParleyError ? null : statusOf(thrown);
    const error = status === null ? toParleyError(thrown) : fromHttpStatus(status, thrown);
    if (error.code === 'INTERNAL') this.logger.failure('A request failed', error.cause ?? error);
    else if (error.code === 'UNAVAILABLE')
      this.logger.failure('A request could not be served', error, {}, 'warn');
    if (reply.sent) return;

    const { retryAfterMs } = error.details;
    // Whole seconds, rounded up: the header knows nothing smaller.
    if (retryAfterMs !== undefined) void reply.header('Retry-After', Math.ceil(retryAfterMs / 1_000));
    const answer: ErrorAnswer = { error: error.toObject(currentContext()?.requestId ?? newId()) };
    void reply.status(ERROR_STATUS[error.code]).type('application/json; charset=utf-8').send(answer);
  }
}
