import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, RawServerDefault } from 'fastify';
import { Config } from '../../config/config.js';
import { ParleyError } from '../errors/parley-error.js';
import { Logger } from '../logger/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { newId } from '../new-id.js';
import { ErrorFilter } from './error-filter.js';
import { addRequestHooks } from './request-hooks.js';
import { serveWebClient } from './serve-web-client.js';

/** The largest body of the contract is a `sync` with 1,000 conversations, about 60 KiB. */
const BODY_BYTES_MAX = 256 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
/** Above the idle time of common proxies (60 s), so that it is the proxy which closes an idle connection first. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
const CORS_MAX_AGE_SECONDS = 600;
const HSTS_SECONDS = 31_536_000;

export function httpAdapter(config: Config): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // The nearest hop has number 0; with no trusted hop the address of the connection counts.
    trustProxy: (_address, hop) => hop < config.http.trustProxyHops,
    // The log of requests is ours, without addresses and bodies.
    logger: false,
    // An emoji in a path is longer than find-my-way's default allows once it is percent-encoded.
    routerOptions: { maxParamLength: 500 },
    forceCloseConnections: 'idle',
    // What Fastify refuses before there is a request that hooks and filters could see.
    frameworkErrors: (_error: Error, _request: FastifyRequest, reply: FastifyReply) => {
      const requestId = newId();
      const error = new ParleyError('VALIDATION_FAILED', 'The address could not be read.');
      void reply
        .status(400)
        .header('X-Request-Id', requestId)
        .send({ error: error.toObject(requestId) });
    },
  });
}

/** Everything around the controllers: errors, hooks, cookies, headers, and the web client where it is served here. */
export async function configureHttp(app: NestFastifyApplication): Promise<void> {
  const config = app.get(Config);
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeContentTypeParser('text/plain');
  acceptEmptyJson(app, fastify);
  addRequestHooks(fastify, config, app.get(Metrics), app.get(Logger));
  app.useGlobalFilters(app.get(ErrorFilter));
  await app.register(cookie);
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: contentPolicy(config) },
    hsts: config.http.secureCookies ? { maxAge: HSTS_SECONDS } : false,
    frameguard: { action: 'deny' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
  });
  app.enableCors({
    origin: [...config.http.allowedOrigins],
    credentials: true,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'X-Request-Id'],
    exposedHeaders: [
      'Retry-After',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'X-Request-Id',
    ],
    maxAge: CORS_MAX_AGE_SECONDS,
  });
  if (config.http.webRoot !== null) await serveWebClient(fastify, config.http.webRoot);
}

/** Clients may name a content type with every request: an empty body is none, and a route that needs one says so. */
function acceptEmptyJson(app: NestFastifyApplication, fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  app.useBodyParser<RawServerDefault>(
    'application/json',
    { bodyLimit: BODY_BYTES_MAX },
    (request, body, done) => {
      const text = body.toString();
      if (text === '') done(null);
      else void parse(request, text, done);
    },
  );
}

/** What the web client needs and nothing more: itself, its socket, and the store that files come from. */
function contentPolicy(config: Config): Record<string, string[]> {
  const store = config.s3.publicEndpoint === null ? ['https:'] : [new URL(config.s3.publicEndpoint).origin];
  const socket = config.http.publicUrl.replace(/^http/, 'ws');
  return {
    'default-src': ["'self'"],
    'base-uri': ["'none'"],
    'object-src': ["'none'"],
    'frame-ancestors': ["'none'"],
    'form-action': ["'self'"],
    'script-src': ["'self'"],
    // Positions of virtual lists are style attributes; style elements stay refused.
    'style-src': ["'self'"],
    'style-src-attr': ["'unsafe-inline'"],
    'img-src': ["'self'", 'data:', 'blob:', ...store],
    'media-src': ["'self'", 'blob:', ...store],
    'font-src': ["'self'"],
    'connect-src': ["'self'", socket, ...store],
    'worker-src': ["'self'"],
    'manifest-src': ["'self'"],
  };
}
