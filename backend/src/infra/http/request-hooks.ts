import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../config/config.js';
import { ParleyError } from '../errors/parley-error.js';
import type { Logger } from '../logger/logger.js';
import type { Metrics } from '../metrics/metrics.js';
import { newId } from '../new-id.js';
import type { RequestContext } from '../request-context/request-context.js';
import { runInContext } from '../request-context/request-context.js';

declare module 'fastify' {
  interface FastifyRequest {
    context?: RequestContext;
  }
}

/** An id chosen by a proxy is taken over, so that its log and ours name the same request. */
const FOREIGN_REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

function requestIdOf(request: FastifyRequest): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && FOREIGN_REQUEST_ID.test(given) ? given : newId();
}

/** What happens around every request: context, Origin check, budget headers, duration, a line at debug. */
export function addRequestHooks(
  fastify: FastifyInstance,
  config: Config,
  metrics: Metrics,
  logger: Logger,
): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const context: RequestContext = { requestId: requestIdOf(request) };
    request.context = context;
    void reply.header('X-Request-Id', context.requestId);
    // Answers are of one person and of this moment; what may be kept says so itself.
    void reply.header('Cache-Control', 'no-store');
    runInContext(context, () => {
      const origin = request.headers.origin;
      if (origin !== undefined && !config.http.allowedOrigins.has(origin)) {
        done(new ParleyError('FORBIDDEN', 'Pages of this origin may not use this server.'));
      } else {
        done();
      }
    });
  });

  // Reading the body continues in the context of the connection, which is not the one of the request.
  fastify.addHook('preValidation', (request, _reply, done) => {
    if (request.context) runInContext(request.context, done);
    else done();
  });

  fastify.addHook('onSend', (request, reply, payload, done) => {
    addBudget(request, reply);
    done(null, payload);
  });

  fastify.addHook('onResponse', (request, reply, done) => {
    // The pattern of the route, never the address itself: ids and cursors would each become a series.
    const route = `${request.method} ${request.routeOptions.url ?? 'none'}`;
    const { statusCode: status, elapsedTime: ms } = reply;
    metrics.httpDuration.observe({ route, status: String(status) }, ms / 1_000);
    const log = (): void => {
      logger.detail('A request was answered', { route, status, ms: Math.round(ms) });
    };
    if (request.context) runInContext(request.context, log);
    else log();
    done();
  });
}

function addBudget(request: FastifyRequest, reply: FastifyReply): void {
  const budget = request.context?.rate;
  if (!budget) return;
  void reply.headers({
    'RateLimit-Limit': budget.limit,
    'RateLimit-Remaining': budget.remaining,
    'RateLimit-Reset': Math.ceil(budget.resetMs / 1_000),
  });
}
